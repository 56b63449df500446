/* test_event_check.c: SQL that tells events is compared with their contract. */
#include "../support/check_main.h"

#include <string.h>

#include <hearth/placements/v1/events.pb-c.h>
#include <hearth/referrals/v1/events.pb-c.h>
#include <hearth/status.h>

#include "../../services/runtime/event_check.h"

static const struct hearth_told tells[] = {
	{ "hearth.referral.opened.v1", &hearth__referrals__v1__referral_opened__descriptor },
	{ "hearth.referral.withdrawn.v1", &hearth__referrals__v1__referral_withdrawn__descriptor },
	{ "hearth.child.recorded.v1", &hearth__placements__v1__child_recorded__descriptor },
	{ NULL, NULL },
};

static int check(const char *text, struct hearth_status *status)
{
	const struct hearth_statement statement = { .name = "some_file", .text = text };
	*status = (struct hearth_status)HEARTH_STATUS_INIT;
	return hearth_event_check(&statement, tells, status);
}

static void passes(const char *text)
{
	struct hearth_status status;
	ck_assert_msg(check(text, &status) == 0, "%s: %s", text, status.message);
}

static void fails(const char *text, const char *first, const char *second)
{
	struct hearth_status status;
	ck_assert_msg(check(text, &status) != 0, "passed: %s", text);
	ck_assert_ptr_nonnull(strstr(status.message, "sql/some_file.sql"));
	ck_assert_msg(strstr(status.message, first) && strstr(status.message, second), "%s", status.message);
}

START_TEST(keys_of_the_message_pass)
{
	passes("INSERT INTO outbox (type, payload) SELECT 'hearth.referral.withdrawn.v1',"
	       " jsonb_build_object('referralId', e.id, 'childId', e.child_id, 'reason', coalesce($1, 'a,b')) FROM effect e");
	passes("WITH told AS (INSERT INTO outbox (type, payload) SELECT 'hearth.referral.withdrawn.v1',"
	       " jsonb_build_object('reason', 1)) SELECT jsonb_build_object('anything', 1), 'hearth.other.thing.v1'");
	passes("SELECT 'hearth.unknown.told.v1' FROM a");
}
END_TEST

START_TEST(an_unknown_type_is_named)
{
	fails("INSERT INTO outbox (type) SELECT 'hearth.referral.vanished.v1'", "hearth.referral.vanished.v1", "table");
}
END_TEST

START_TEST(an_unknown_key_is_named_with_its_type)
{
	fails("insert into outbox (type, payload) values ('hearth.referral.withdrawn.v1',"
	      " jsonb_build_object('referralId', 1, 'childName', 2))", "hearth.referral.withdrawn.v1", "childName");
	fails("INSERT INTO outbox SELECT 'hearth.referral.withdrawn.v1', jsonb_build_object('referral_id', 1)",
	      "hearth.referral.withdrawn.v1", "referral_id");
	fails("INSERT INTO outbox SELECT 'hearth.referral.withdrawn.v1', jsonb_build_object(e.key, 1)", "e", "literal");
}
END_TEST

START_TEST(nested_objects_are_checked_too)
{
	passes("INSERT INTO outbox SELECT 'hearth.referral.opened.v1', jsonb_build_object('needs',"
	       " jsonb_build_object('sex', 'F', 'homeGrid', CASE WHEN x IS NOT NULL THEN"
	       " jsonb_build_object('easting', x, 'northing', y) END, 'homeKinds', to_jsonb(k)), 'urgency', u)");
	fails("INSERT INTO outbox SELECT 'hearth.referral.opened.v1', jsonb_build_object('needs',"
	      " jsonb_build_object('homeGrid', CASE WHEN x IS NOT NULL THEN jsonb_build_object('east', x) END))",
	      "hearth.referral.opened.v1", "east");
	fails("INSERT INTO outbox SELECT 'hearth.referral.opened.v1', jsonb_build_object('urgency',"
	      " jsonb_build_object('sex', 'F'))", "urgency", "no message");
}
END_TEST

START_TEST(each_of_several_events_has_its_own_contract)
{
	passes("INSERT INTO outbox SELECT 'hearth.referral.withdrawn.v1', jsonb_build_object('reason', 1) UNION ALL"
	       " SELECT 'hearth.referral.opened.v1', jsonb_build_object('urgency', 1)");
	fails("INSERT INTO outbox SELECT 'hearth.referral.withdrawn.v1', jsonb_build_object('reason', 1) UNION ALL"
	      " SELECT 'hearth.referral.opened.v1', jsonb_build_object('reason', 1)", "hearth.referral.opened.v1", "reason");
}
END_TEST

START_TEST(a_key_in_a_comment_is_nothing)
{
	passes("INSERT INTO outbox SELECT 'hearth.referral.withdrawn.v1', -- jsonb_build_object('wrong', 1)\n"
	       " jsonb_build_object(/* 'wrong', 2, */ 'reason', 1)");
}
END_TEST

START_TEST(what_identifies_a_person_stands_in_its_own_column)
{
	passes("INSERT INTO outbox (type, payload, personal) SELECT 'hearth.child.recorded.v1',"
	       " jsonb_build_object('childId', coalesce(e.id, 'a'), 'sex', 'F'), CASE WHEN e.born IS NOT NULL"
	       " THEN jsonb_build_object('dateOfBirth', jsonb_build_object('value', e.born)) END FROM effect e, other o");
	passes("INSERT INTO outbox (type, personal, payload) VALUES ('hearth.child.recorded.v1',"
	       " jsonb_build_object('dateOfBirth', $1), jsonb_build_object('sex', 'F')), ('hearth.child.recorded.v1',"
	       " jsonb_build_object('dateOfBirth', $1), jsonb_build_object('sex', 'F'))");
	passes("INSERT INTO outbox (type, payload, personal) SELECT 'hearth.child.recorded.v1', (SELECT"
	       " jsonb_build_object('sex', f.a, 'childId', f.b) FROM (SELECT 1, 2, 3) f), NULL UNION ALL SELECT"
	       " 'hearth.child.recorded.v1', jsonb_build_object('sex', 'F'), jsonb_build_object('dateOfBirth', $1)");
	fails("INSERT INTO outbox (type, payload, personal) SELECT 'hearth.child.recorded.v1',"
	      " jsonb_build_object('childId', 1, 'dateOfBirth', $1), NULL", "dateOfBirth", "column personal");
	fails("INSERT INTO outbox (type, payload) SELECT 'hearth.child.recorded.v1',"
	      " coalesce(x, jsonb_build_object('dateOfBirth', jsonb_build_object('value', $1)))", "dateOfBirth", "column personal");
	fails("INSERT INTO outbox SELECT 'hearth.child.recorded.v1', jsonb_build_object('dateOfBirth', $1)", "dateOfBirth",
	      "column personal");
	fails("INSERT INTO outbox (type, payload, personal) SELECT 'hearth.child.recorded.v1',"
	      " jsonb_build_object('childId', 1), jsonb_build_object('dateOfBirth', $1, 'sex', 'F')", "sex", "column payload");
	fails("INSERT INTO outbox (type, payload, personal) VALUES ('hearth.child.recorded.v1', jsonb_build_object('sex', 1),"
	      " NULL), ('hearth.child.recorded.v1', jsonb_build_object('dateOfBirth', 1), NULL)", "dateOfBirth",
	      "column personal");
}
END_TEST

int main(void)
{
	return CHECK_MAIN("event_check", what_identifies_a_person_stands_in_its_own_column,
	                  keys_of_the_message_pass, an_unknown_type_is_named,
	                  an_unknown_key_is_named_with_its_type, nested_objects_are_checked_too,
	                  each_of_several_events_has_its_own_contract, a_key_in_a_comment_is_nothing);
}
