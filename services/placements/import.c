/* import.c: the check of a bulk request before its one statement takes it in.
 *
 * Errors name the row ("episodes[17].dec") and never the child: the importer knows which line it sent.
 */
#include "placements.h"

#include <stdio.h>

#include <hearth/placements/v1/placements.pb-c.h>
#include <hearth/text.h>

#define CHILDREN_MOST 500
#define EPISODES_MOST 2000

/* The runtime's checks name the field they are given; a row's name is made only when one fails. */
static int fail_row(struct hearth_status *status, const char *list, size_t row, const char *field, const char *wanted)
{
	char name[64];
	snprintf(name, sizeof name, "%s[%zu].%s", list, row, field);
	return hearth_fail_field(status, name, "%s: %s", name, wanted);
}

static bool is_text(const char *text, size_t least, size_t most)
{
	size_t size = 0;
	while (text[size] != '\0' && size <= most)
		size++;
	return size >= least && size <= most;
}

static bool is_code(const char *text)
{
	if (!is_text(text, 0, 8))
		return false;
	for (; *text != '\0'; text++)
		if (!((*text >= 'A' && *text <= 'Z') || (*text >= '0' && *text <= '9')))
			return false;
	return true;
}

static bool is_outward(const char *text)
{
	char outward[5];
	return text[0] == '\0' || (is_text(text, 2, 4) && hearth_postcode_outward(text, outward) == 0);
}

static bool is_year(int32_t year)
{
	return year >= 2000 && year <= 2199;
}

static int check_child(const Hearth__Placements__V1__ImportChild *child, size_t row, struct hearth_status *status)
{
	int32_t born;
	const char *sex = child->sex;
	if (!is_text(child->child, 1, 64))
		return fail_row(status, "children", row, "child", "1 to 64 characters");
	if (sex[0] != '\0' && (sex[1] != '\0' || (sex[0] != 'M' && sex[0] != 'F' && sex[0] != 'U')))
		return fail_row(status, "children", row, "sex", "M, F, U or empty");
	if (child->date_of_birth != NULL && child->date_of_birth->value[0] != '\0'
	    && hearth_date_parse(child->date_of_birth->value, &born) != 0)
		return fail_row(status, "children", row, "date_of_birth", "YYYY-MM-DD, a day of the calendar");
	if (!is_year(child->return_year))
		return fail_row(status, "children", row, "return_year", "a year, 2000 to 2199");
	return 0;
}

static int check_span(const Hearth__Placements__V1__ImportEpisode *episode, size_t row, struct hearth_status *status)
{
	int32_t decom, dec;
	if (hearth_date_parse(episode->decom, &decom) != 0)
		return fail_row(status, "episodes", row, "decom", "YYYY-MM-DD, a day of the calendar");
	if (episode->dec[0] == '\0')
		return 0;
	if (hearth_date_parse(episode->dec, &dec) != 0)
		return fail_row(status, "episodes", row, "dec", "YYYY-MM-DD, a day of the calendar, or empty");
	if (dec <= decom)
		return fail_row(status, "episodes", row, "dec", "must be after decom");
	return 0;
}

static int check_codes(const Hearth__Placements__V1__ImportEpisode *episode, size_t row, struct hearth_status *status)
{
	const char *const codes[] = { episode->rne, episode->ls, episode->cin, episode->place, episode->place_provider,
		episode->rec, episode->reason_place_change };
	static const char *const names[] = { "rne", "ls", "cin", "place", "place_provider", "rec", "reason_place_change" };
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (!is_code(codes[i]))
			return fail_row(status, "episodes", row, names[i], "a code as ListCodes gives it, or empty");
	return 0;
}

static int check_episode(const Hearth__Placements__V1__ImportEpisode *episode, size_t row, struct hearth_status *status)
{
	if (!is_text(episode->child, 1, 64))
		return fail_row(status, "episodes", row, "child", "1 to 64 characters");
	if (check_span(episode, row, status) != 0 || check_codes(episode, row, status) != 0)
		return -1;
	if (!is_outward(episode->home_outward))
		return fail_row(status, "episodes", row, "home_outward", "the outward part of a postcode, or empty");
	if (!is_outward(episode->place_outward))
		return fail_row(status, "episodes", row, "place_outward", "the outward part of a postcode, or empty");
	if (!is_text(episode->urn, 0, 10))
		return fail_row(status, "episodes", row, "urn", "at most 10 characters");
	if (!is_year(episode->return_year))
		return fail_row(status, "episodes", row, "return_year", "a year, 2000 to 2199");
	return 0;
}

int placements_plan_import_episodes(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Placements__V1__ImportEpisodesRequest *request = hearth_call_request(call);
	if (request->system[0] != '\0' && hearth_check_system(request->system, "system", status) != 0)
		return -1;
	if (request->n_children > CHILDREN_MOST)
		return hearth_fail_field(status, "children", "at most %d children in a request", CHILDREN_MOST);
	if (request->n_episodes > EPISODES_MOST)
		return hearth_fail_field(status, "episodes", "at most %d episodes in a request", EPISODES_MOST);
	for (size_t i = 0; i < request->n_children; i++)
		if (check_child(request->children[i], i, status) != 0)
			return -1;
	for (size_t i = 0; i < request->n_episodes; i++)
		if (check_episode(request->episodes[i], i, status) != 0)
			return -1;
	placements_bind_lives(call);
	return 0;
}
