/* plants.c: one fault for every check, at least. Run as superuser with triggers and foreign keys off, then rolled back. */
#include "plants.h"

#include <stddef.h>

/* A row of a table again, changed by `set`. */
#define AGAIN(table, where, set, give) \
	"CREATE TEMP TABLE again ON COMMIT DROP AS SELECT * FROM " table " x WHERE " where " LIMIT 1; UPDATE again SET " set ";" \
	" INSERT INTO " table " OVERRIDING SYSTEM VALUE SELECT * FROM again RETURNING " give
/* An event told again, at the end. */
#define TELL_AGAIN(service, type_, set, give) \
	AGAIN(service ".outbox", "x.type = '" type_ "'", "seq = 900000000, " set, give)
#define ONE(id, from_where) "(SELECT " id " FROM " from_where " LIMIT 1)"
#define SOME_EVENT(service, column, type_) ONE("o." column, service ".outbox o WHERE o.type = '" type_ "'")

const struct plant plants[] = {
	{ "an acknowledged write is there",
	  "DELETE FROM referrals.request WHERE id = " ONE("r.id", "referrals.request r WHERE r.method = 'RecordOffer'")
	  " RETURNING id" },
	{ "an acknowledged write is there",
	  "DELETE FROM placements.request WHERE id = " ONE("r.id", "placements.request r") " RETURNING id" },
	{ "it made what it was to make",
	  "UPDATE referrals.request SET result_key = gen_random_uuid() WHERE id = "
	  ONE("r.id", "referrals.request r WHERE r.method = 'AcceptOffer'") " RETURNING id" },
	{ "a refused write left nothing",
	  "UPDATE acknowledged_before SET answer = 'REFUSED' WHERE id = "
	  ONE("r.id", "referrals.request r WHERE r.method = 'AcceptOffer'") " RETURNING id" },
	{ "every write was answered",
	  "UPDATE acknowledged_before SET answer = 'PENDING' WHERE id = "
	  ONE("r.id", "referrals.request r WHERE r.method = 'AcceptOffer'") " RETURNING id" },
	{ "nothing was made that nobody asked for",
	  AGAIN("referrals.request", "x.method = 'RecordOffer'", "id = gen_random_uuid()", "id") },

	{ "a request stands once",
	  "ALTER TABLE referrals.request DROP CONSTRAINT request_pkey;"
	  AGAIN("referrals.request", "x.method = 'CreateReferral'", "created = created", "id") },
	{ "what a request made is there",
	  "DELETE FROM referrals.offer WHERE id = " ONE("o.id", "referrals.offer o WHERE o.state = 'FELL_THROUGH'")
	  " RETURNING id" },
	{ "what a request made is there",
	  "DELETE FROM placements.placement WHERE id = " ONE("p.id", "placements.placement p WHERE p.state = 'STARTED'")
	  " RETURNING id" },
	{ "a request has its effect once",
	  "DELETE FROM referrals.outbox WHERE id = " SOME_EVENT("referrals", "id", "hearth.offer.recorded.v1")
	  " RETURNING aggregateid" },
	{ "a request has its effect once",
	  TELL_AGAIN("referrals", "hearth.offer.accepted.v1", "version = version + 1, id = gen_random_uuid()", "aggregateid") },
	{ "a request has its effect once",
	  TELL_AGAIN("placements", "hearth.placement.started.v1", "aggregateid = gen_random_uuid()", "aggregateid") },
	{ "a cancellation is told once",
	  "UPDATE placements.outbox SET type = 'hearth.placement.cancelled.v1' WHERE aggregateid = "
	  SOME_EVENT("placements", "aggregateid", "hearth.placement.broke_down.v1") " RETURNING aggregateid" },

	{ "an event's id is its own",
	  TELL_AGAIN("providers", "hearth.place.held.v1", "version = version + 1", "id") },
	{ "versions rise with the sequence",
	  "UPDATE placements.outbox SET version = 1000 - version WHERE aggregateid = "
	  SOME_EVENT("placements", "aggregateid", "hearth.placement.broke_down.v1") " RETURNING aggregateid" },
	{ "versions rise with the sequence",
	  "UPDATE providers.outbox SET version = 1 WHERE aggregateid = "
	  SOME_EVENT("providers", "aggregateid", "hearth.place.confirmed.v1") " RETURNING aggregateid" },
	{ "no event is newer than its aggregate",
	  "UPDATE referrals.outbox SET version = version + 100 WHERE id = "
	  SOME_EVENT("referrals", "id", "hearth.referral.placed.v1") " RETURNING aggregateid" },
	{ "consumers have applied all",
	  "UPDATE finance.cursor SET seq = seq - 1 WHERE source = 'placements' RETURNING 'finance has applied placements up to ' || seq" },
	{ "consumers have applied all",
	  "DELETE FROM providers.cursor WHERE source = 'placements' RETURNING 'providers has applied placements up to nothing'" },
	{ "consumers are in their source's history",
	  "UPDATE careleavers.cursor SET epoch = gen_random_uuid() RETURNING epoch" },

	{ "nothing is parked",
	  "INSERT INTO finance.parked (source, seq, event_id, type, subject, authority, key, event, failed, tries, code, reason,"
	  " sqlstate, parked_at) VALUES ('placements', 4711, gen_random_uuid(), 't', 's', '999', 'k', '', true, 3, 'INTERNAL',"
	  " 'A_REASON', '22012', '2025-05-01') RETURNING 'A_REASON'" },
	{ "every event is in the partition of its seq",
	  AGAIN("referrals.outbox", "x.type = 'hearth.offer.recorded.v1'",
	        "seq = 900000000, version = version + 1, id = gen_random_uuid()", "seq") },
	{ "partitions leave no gap",
	  "UPDATE placements.outbox_part SET below_seq = below_seq - 1 WHERE number = (SELECT min(p.number)"
	  " FROM placements.outbox_part p) RETURNING below_seq" },
	{ "a write is audited once",
	  "DELETE FROM referrals.audit WHERE id = " ONE("a.id", "referrals.audit a WHERE a.kind = 'WRITE'") " RETURNING request_id" },
	{ "a write is audited once",
	  AGAIN("placements.audit", "x.kind = 'WRITE'", "id = 1000000", "request_id") },
	{ "nothing is audited that was not done",
	  AGAIN("providers.audit", "x.kind = 'WRITE'", "id = 1000000, request_id = gen_random_uuid()", "request_id") },
	{ "seals follow one another",
	  "DELETE FROM referrals.audit_seal WHERE no = 2 RETURNING 3" },
	{ "seals follow one another",
	  "UPDATE referrals.audit_seal SET previous = 'another' WHERE no = 2 RETURNING no" },
	{ "a seal covers its entries",
	  "DELETE FROM referrals.audit WHERE id = " ONE("s.last", "referrals.audit_seal s ORDER BY s.no DESC")
	  "; SELECT s.no FROM referrals.audit_seal s ORDER BY s.no DESC LIMIT 1" },

	{ "an accepted offer is answered once",
	  TELL_AGAIN("providers", "hearth.place.refused.v1", "version = version + 1, id = gen_random_uuid()",
	             "payload ->> 'offerId'") },
	{ "an accepted offer is answered once",
	  "DELETE FROM providers.outbox WHERE id = " SOME_EVENT("providers", "id", "hearth.place.refused.v1")
	  " RETURNING payload ->> 'offerId'" },
	{ "no place is held that nobody accepted",
	  "UPDATE providers.hold SET offer_id = gen_random_uuid() WHERE id = " ONE("h.id", "providers.hold h WHERE h.state = 'RELEASED'")
	  " RETURNING id" },
	{ "an accepted offer has one hold",
	  "DROP INDEX providers.hold_placement;"
	  AGAIN("providers.hold", "x.state = 'RELEASED' AND x.held_until IS NOT NULL", "id = gen_random_uuid()", "offer_id") },
	{ "a told hold is there",
	  "DELETE FROM providers.hold WHERE id = " ONE("h.id", "providers.hold h WHERE h.state = 'RELEASED'") " RETURNING id" },
	{ "a refused offer is reopened once",
	  "DELETE FROM referrals.outbox WHERE type = 'hearth.referral.reopened.v1' AND payload ->> 'offerId' = "
	  ONE("o.payload ->> 'offerId'", "providers.outbox o JOIN referrals.referral r ON r.id::text = o.payload ->> 'referralId'"
	      " WHERE o.type = 'hearth.place.refused.v1' AND r.state <> 'WITHDRAWN'") " RETURNING payload ->> 'offerId'" },
	{ "a referral is reopened once for an offer",
	  TELL_AGAIN("referrals", "hearth.referral.reopened.v1", "version = version + 100", "payload ->> 'offerId'") },
	{ "no referral waits for ever",
	  "UPDATE referrals.referral SET state = 'PLANNED' WHERE id = "
	  ONE("r.id", "referrals.referral r WHERE r.state = 'PLACED'") " RETURNING id" },
	{ "an open referral has its homes",
	  "DELETE FROM referrals.shortlist WHERE true; UPDATE referrals.referral SET state = 'OPEN' WHERE id = "
	  ONE("r.id", "referrals.referral r WHERE r.state = 'PLACED'") " RETURNING id" },

	{ "a held place has one placement",
	  "DROP INDEX placements.placement_hold;"
	  AGAIN("placements.placement", "x.state = 'BROKE_DOWN'", "id = gen_random_uuid()", "hold_id") },
	{ "a planned placement is told once",
	  "DELETE FROM placements.outbox WHERE id = " SOME_EVENT("placements", "id", "hearth.placement.planned.v1")
	  " RETURNING aggregateid" },
	{ "no placement without its hold",
	  "UPDATE placements.placement SET hold_id = gen_random_uuid() WHERE id = "
	  ONE("p.id", "placements.placement p WHERE p.state = 'STARTED'") " RETURNING id" },
	{ "a released place is told once",
	  "DELETE FROM providers.outbox WHERE id = " SOME_EVENT("providers", "id", "hearth.place.released.v1")
	  " RETURNING aggregateid" },
	{ "no placement is planned on a place that was given back",
	  "UPDATE placements.placement SET state = 'PLANNED', start_date = NULL, end_date = NULL WHERE id = "
	  ONE("p.id", "placements.placement p WHERE p.state = 'BROKE_DOWN'") " RETURNING id" },
	{ "no hold outlives its time",
	  "UPDATE providers.hold SET state = 'HELD' WHERE id = "
	  ONE("h.id", "providers.hold h WHERE h.state = 'CONFIRMED' AND NOT h.excess AND h.held_until IS NOT NULL")
	  " RETURNING id" },

	{ "a started placement has one place or one excess",
	  "UPDATE providers.hold SET placement_id = NULL WHERE id = "
	  ONE("h.id", "providers.hold h JOIN placements.placement p ON p.hold_id = h.id WHERE h.reason = 'BROKE_DOWN'")
	  ";SELECT p.id FROM placements.placement p JOIN providers.hold h ON h.id = p.hold_id"
	  " WHERE p.state = 'BROKE_DOWN' AND h.placement_id IS NULL AND h.reason = 'BROKE_DOWN' LIMIT 1" },
	{ "a started placement has one place or one excess",
	  TELL_AGAIN("providers", "hearth.place.confirmed.v1", "version = version + 100", "payload ->> 'placementId'") },
	{ "an excess has its event",
	  "UPDATE providers.hold SET excess = true, place = NULL WHERE id = "
	  ONE("h.id", "providers.hold h WHERE h.state = 'CONFIRMED' AND NOT h.excess") " RETURNING placement_id" },
	{ "no excess without its child",
	  "UPDATE providers.outbox SET type = 'hearth.home.over_capacity.v1' WHERE id = "
	  SOME_EVENT("providers", "id", "hearth.place.confirmed.v1") " RETURNING payload ->> 'placementId'" },
	{ "a started placement has one agreement",
	  "ALTER TABLE finance.agreement DROP CONSTRAINT agreement_authority_placement_id_key;"
	  AGAIN("finance.agreement", "x.state = 'CLOSED'", "id = gen_random_uuid()", "placement_id") },
	{ "a started placement has one agreement",
	  "DELETE FROM finance.agreement WHERE id = " ONE("a.id", "finance.agreement a WHERE a.state = 'OPEN'")
	  " RETURNING placement_id" },
	{ "a started placement has one agreement",
	  TELL_AGAIN("finance", "hearth.agreement.opened.v1", "version = version + 100", "payload ->> 'placementId'") },
	{ "no agreement without its placement",
	  "UPDATE finance.agreement SET placement_id = gen_random_uuid() WHERE id = "
	  ONE("a.id", "finance.agreement a WHERE a.state = 'CLOSED'") " RETURNING id" },
	{ "a started placement places its referral",
	  "UPDATE referrals.referral SET state = 'OPEN' WHERE id = "
	  ONE("r.id", "referrals.referral r WHERE r.state = 'PLACED'") " RETURNING id" },
	{ "a started placement places its referral",
	  "DELETE FROM referrals.outbox WHERE id = " SOME_EVENT("referrals", "id", "hearth.referral.placed.v1")
	  " RETURNING payload ->> 'placementId'" },
	{ "a started placement begins care",
	  "DELETE FROM careleavers.care_period WHERE child_id = "
	  ONE("p.child", "placements.placement p WHERE p.state = 'STARTED'") " RETURNING child_id" },

	{ "a placement that is over is free of its place",
	  "UPDATE providers.hold SET state = 'CONFIRMED', place = NULL, excess = true WHERE id = "
	  ONE("h.id", "providers.hold h WHERE h.reason = 'BROKE_DOWN'") " RETURNING placement_id" },
	{ "a placement lived in has its place",
	  "UPDATE providers.hold SET state = 'RELEASED' WHERE id = "
	  ONE("h.id", "providers.hold h WHERE h.state = 'CONFIRMED'") " RETURNING placement_id" },
	{ "a placement that is over costs nothing more",
	  "UPDATE finance.agreement SET end_date = end_date + 1 WHERE id = "
	  ONE("a.id", "finance.agreement a WHERE a.state = 'CLOSED'") " RETURNING placement_id" },
	{ "a placement that is over costs nothing more",
	  TELL_AGAIN("finance", "hearth.agreement.closed.v1", "version = version + 100", "aggregateid") },
	{ "an agreement is closed only with its placement",
	  "UPDATE finance.agreement SET state = 'CLOSED', end_date = start_date WHERE id = "
	  ONE("a.id", "finance.agreement a WHERE a.state = 'OPEN'") " RETURNING id" },
	{ "a breakdown opens one emergency referral",
	  "DELETE FROM referrals.referral WHERE id = "
	  ONE("r.id", "referrals.referral r WHERE r.follows_placement_id IS NOT NULL") " RETURNING follows_placement_id" },
	{ "a breakdown opens one emergency referral",
	  "DROP INDEX referrals.referral_follows; DROP INDEX referrals.referral_reference;"
	  AGAIN("referrals.referral", "x.follows_placement_id IS NOT NULL", "id = gen_random_uuid()", "follows_placement_id") },
	{ "no emergency without a breakdown",
	  "UPDATE referrals.referral SET follows_placement_id = gen_random_uuid() WHERE id = "
	  ONE("r.id", "referrals.referral r WHERE r.follows_placement_id IS NULL") " RETURNING id" },
	{ "who left care is not in care",
	  "UPDATE careleavers.care_period SET until = NULL WHERE until IS NOT NULL RETURNING child_id" },

	{ "a place is used once",
	  "DROP INDEX providers.hold_place; DROP INDEX providers.hold_placement;"
	  AGAIN("providers.hold", "x.state = 'CONFIRMED' AND NOT x.excess", "id = gen_random_uuid()", "home_id") },
	{ "no more holds than places",
	  "UPDATE providers.home SET places = 0 WHERE id = "
	  ONE("h.home_id", "providers.hold h WHERE h.state = 'CONFIRMED' AND NOT h.excess") " RETURNING id" },
	{ "places over time",
	  "UPDATE providers.home SET places = 0 WHERE id = "
	  ONE("h.home_id", "providers.hold h WHERE h.state = 'CONFIRMED' AND NOT h.excess") " RETURNING id" },
	{ "places over time",
	  "DELETE FROM providers.outbox WHERE id = " SOME_EVENT("providers", "id", "hearth.place.released.v1")
	  " RETURNING aggregateid" },
	{ "places over time",
	  TELL_AGAIN("providers", "hearth.place.released.v1", "version = version + 100", "aggregateid") },
	{ "places over time",
	  "UPDATE providers.outbox SET type = 'hearth.home.over_capacity.v1' WHERE id = "
	  SOME_EVENT("providers", "id", "hearth.place.confirmed.v1") " RETURNING aggregateid" },

	{ "ledger",
	  "ALTER TABLE finance.ledger DROP CONSTRAINT ledger_check3;"
	  "UPDATE finance.ledger SET pence = pence + 1 WHERE id = " ONE("l.id", "finance.ledger l") " RETURNING agreement_id" },
	{ "ledger", "DELETE FROM finance.ledger WHERE id = " ONE("l.id", "finance.ledger l WHERE l.kind = 'ACCRUAL'")
	  " RETURNING agreement_id" },
	{ "ledger", "DELETE FROM finance.ledger WHERE id = " ONE("l.id", "finance.ledger l WHERE l.kind = 'NOTICE'")
	  " RETURNING agreement_id" },
	{ "ledger", "DELETE FROM finance.ledger WHERE id = " ONE("l.id", "finance.ledger l WHERE l.kind = 'REVERSAL'")
	  " RETURNING agreement_id" },
	{ "ledger",
	  "INSERT INTO finance.ledger (authority, agreement_id, kind, rate_from, weekly_fee_pence, from_date, to_date, pence,"
	  " reverses, reason, event_id, posted_at) SELECT l.authority, l.agreement_id, l.kind, l.rate_from, l.weekly_fee_pence,"
	  " l.from_date, l.to_date, l.pence, l.reverses, l.reason, l.event_id, l.posted_at FROM finance.ledger l"
	  " WHERE l.kind = 'ACCRUAL' LIMIT 1 RETURNING agreement_id" },
	{ "ledger",
	  "UPDATE placements.placement SET end_date = end_date + 1 WHERE id = "
	  ONE("a.placement_id", "finance.agreement a JOIN finance.ledger l ON l.agreement_id = a.id WHERE a.state = 'CLOSED'")
	  " RETURNING id" },
	{ "ledger",
	  "UPDATE placements.placement SET weekly_fee_pence = weekly_fee_pence + 7 WHERE id = "
	  ONE("p.id", "placements.placement p WHERE p.state = 'STARTED' AND p.weekly_fee_pence IS NOT NULL") " RETURNING id" },
	{ "ledger", "UPDATE finance.agreement SET posted_to = posted_to - 1 WHERE state = 'OPEN' RETURNING id" },
	{ NULL, NULL },
};
