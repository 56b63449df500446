/* synth_rows.c: the rows that are read again by `hearth import`: header, episodes, unaccompanied children; and the
 * blocks in which everything is made. */
#include "synth.h"

#include <stdlib.h>
#include <string.h>

#include <hearth/arena.h>
#include <hearth/clock.h>

#define BURN_IN 7300                   /* days before the first year: by then ages and lengths of care are settled */
#define LEAVERS 2200                   /* days after care for which a care leaver can have a row */

const char *const synth_table_names[SYNTH_TABLES] = { "header", "episodes", "uasc", "reviews", "missing", "oc2", "oc3",
	"previous_permanence" };
const char *const synth_table_columns[SYNTH_TABLES] = {
	"CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB",
	"CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN",
	"CHILD,SEX,DOB,DUC",
	"CHILD,DOB,REVIEW,REVIEW_CODE",
	"CHILD,DOB,MISSING,MIS_START,MIS_END",
	"CHILD,DOB,SDQ_SCORE,SDQ_REASON,CONVICTED,HEALTH_CHECK,IMMUNISATIONS,TEETH_CHECK,HEALTH_ASSESSMENT,SUBSTANCE_MISUSE,"
	"INTERVENTION_RECEIVED,INTERVENTION_OFFERED",
	"CHILD,DOB,IN_TOUCH,ACTIV,ACCOM",
	"CHILD,DOB,PREV_PERM,LA_PERM,DATE_PERM",
};

const char *synth_date(int32_t day, char ret_text[SYNTH_DATE_SIZE])
{
	int year, month, of_month;
	ret_text[0] = '\0';
	if (day == SYNTH_NO_DAY)
		return ret_text;
	hearth_date_split(day, &year, &month, &of_month);
	ret_text[0] = (char)('0' + of_month / 10);
	ret_text[1] = (char)('0' + of_month % 10);
	ret_text[3] = (char)('0' + month / 10);
	ret_text[4] = (char)('0' + month % 10);
	ret_text[2] = ret_text[5] = '/';
	for (int i = 9; i > 5; i--, year /= 10)
		ret_text[i] = (char)('0' + year % 10);
	ret_text[10] = '\0';
	return ret_text;
}

/* ---- who is in a year ----------------------------------------------------------------------------------------------- */

static bool in_care(const struct synth_child *child, const struct synth_year *year)
{
	for (size_t i = 0; i < child->count; i++)
		if (child->episodes[i].decom <= year->to && child->episodes[i].dec >= year->from)
			return true;
	return false;
}

/* Days of care from the 14th birthday until `day`; at 16 or later there must be some. */
static bool qualified(const struct synth_child *child, int32_t day)
{
	int32_t fourteen = hearth_date_birthday(child->born, 14), sixteen = hearth_date_birthday(child->born, 16), days = 0;
	bool late = false;
	for (size_t i = 0; i < child->count; i++) {
		int32_t from = child->episodes[i].decom > fourteen ? child->episodes[i].decom : fourteen;
		if (child->episodes[i].dec >= day)
			return false;
		days += child->episodes[i].dec > from ? child->episodes[i].dec - from : 0;
		late = late || child->episodes[i].dec > sixteen;
	}
	return late && days >= 91;
}

/* Became 17 to 21 in the year, after care. */
bool synth_care_leaver(const struct synth_child *child, const struct synth_year *year)
{
	for (int age = 17; age <= 21; age++) {
		int32_t day = hearth_date_birthday(child->born, age);
		if (day >= year->from && day <= year->to)
			return qualified(child, day);
	}
	return false;
}

bool synth_in_year(const struct synth_child *child, const struct synth_year *year)
{
	return in_care(child, year) || synth_care_leaver(child, year);
}

/* ---- rows ----------------------------------------------------------------------------------------------------------- */

/* A pupil number with its check letter, of authority 999; or the code for none. */
static void pupil_number(const struct synth_child *child, const struct synth_year *year, char ret_text[16])
{
	static const char letters[] = "ABCDEFGHJKLMNPQRTUVWXYZ";
	int age = synth_age(child->born, year->to);
	if (child->unaccompanied || age < 5) {
		memcpy(ret_text, child->unaccompanied ? "UN3" : "UN1", 4);
		return;
	}
	char digits[13];
	unsigned sum = 0;
	snprintf(digits, sizeof digits, "999%09u", (unsigned)(child->number % 1000000000));
	for (unsigned i = 0; i < 12; i++)
		sum += (unsigned)(digits[i] - '0') * (i + 2);
	ret_text[0] = letters[sum % 23];
	memcpy(ret_text + 1, digits, sizeof digits);
}

static const char *sex_in(const struct synth_child *child, int year)
{
	if (year < 2025)
		return child->female ? "2" : "1";
	return child->female ? "F" : "M";
}

static void print_header(struct synth *synth, const struct synth_child *child, const struct synth_year *year)
{
	char born[SYNTH_DATE_SIZE], mother_since[SYNTH_DATE_SIZE], upn[16];
	bool old = child->female && synth_age(child->born, year->to) >= 12;
	bool mother = old && child->mother_since != SYNTH_NO_DAY && child->mother_since <= year->to;
	pupil_number(child, year, upn);
	fprintf(year->files[SYNTH_HEADER], "%u,%s,%s,%s,%s,%s,%s\n", (unsigned)child->number, sex_in(child, year->year),
	        synth_date(child->born, born), child->ethnic, upn, mother ? "1" : old ? "0" : "",
	        synth_date(mother ? child->mother_since : SYNTH_NO_DAY, mother_since));
	synth->rows[SYNTH_HEADER]++;
}

static void home_postcode(const struct synth_child *child, char ret_postcode[SYNTH_POSTCODE_SIZE])
{
	struct synth_home home = { .ring = SYNTH_IN_NEAR, .number = child->own % 350000 };
	ret_postcode[0] = '\0';
	if (!child->unaccompanied)
		synth_home_postcode(&home, ret_postcode);
}

/* Settings without a home have the postcode of parents, or of some place in the area. */
static void place_postcode(const struct synth *synth, const struct synth_child *child, const struct synth_episode *episode,
                           char ret_postcode[SYNTH_POSTCODE_SIZE])
{
	struct synth_home home = { .ring = SYNTH_IN_NEAR, .number = (child->own / 7 + (uint32_t)episode->place[1] * 977) % 350000 };
	if (strcmp(episode->place, "P1") == 0)
		home_postcode(child, ret_postcode);
	else if (episode->home != SYNTH_NO_HOME)
		synth_home_postcode(&synth->homes.items[episode->home], ret_postcode);
	else
		synth_home_postcode(&home, ret_postcode);
}

/* What the year's lists call a place that is supported accommodation; it has had a URN since the register began. */
static const char *place_in(const struct synth_episode *episode, int year)
{
	if (strcmp(episode->place, SYNTH_SUPPORTED) != 0)
		return episode->place;
	return year < 2025 ? "H5" : "K3";
}

static void urn_in(const struct synth *synth, const struct synth_episode *episode, int year, char ret_urn[SYNTH_URN_SIZE])
{
	ret_urn[0] = '\0';
	if (episode->place[0] == 'A')
		memcpy(ret_urn, "XXXXXXX", 8);
	else if (episode->home != SYNTH_NO_HOME && (year >= 2025 || strcmp(episode->place, SYNTH_SUPPORTED) != 0))
		synth_home_urn(&synth->homes.items[episode->home], ret_urn);
}

/* What happens after the year is not known in its return. */
static void print_episode(struct synth *synth, const struct synth_child *child, const struct synth_episode *episode,
                          const struct synth_year *year)
{
	char from[SYNTH_DATE_SIZE], to[SYNTH_DATE_SIZE], urn[SYNTH_URN_SIZE];
	char home[SYNTH_POSTCODE_SIZE], place[SYNTH_POSTCODE_SIZE];
	bool ended = episode->dec <= year->to;
	home_postcode(child, home);
	place_postcode(synth, child, episode, place);
	urn_in(synth, episode, year->year, urn);
	fprintf(year->files[SYNTH_EPISODES], "%u,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s\n", (unsigned)child->number,
	        synth_date(episode->decom, from), episode->rne, episode->ls, child->need, place_in(episode, year->year),
	        episode->provider, synth_date(ended ? episode->dec : SYNTH_NO_DAY, to), ended ? episode->rec : "",
	        ended ? episode->reason : "", home, place, urn);
	synth->rows[SYNTH_EPISODES]++;
}

static void print_unaccompanied(struct synth *synth, const struct synth_child *child, const struct synth_year *year)
{
	char born[SYNTH_DATE_SIZE], until[SYNTH_DATE_SIZE];
	if (!child->unaccompanied)
		return;
	fprintf(year->files[SYNTH_UASC], "%u,%s,%s,%s\n", (unsigned)child->number, sex_in(child, year->year),
	        synth_date(child->born, born), synth_date(hearth_date_birthday(child->born, 18), until));
	synth->rows[SYNTH_UASC]++;
}

void synth_child_print(struct synth *synth, struct synth_child *child)
{
	bool numbered = false;
	for (size_t y = 0; y < synth->years; y++) {
		struct synth_year *year = &synth->year[y];
		if (!synth_in_year(child, year))
			continue;
		if (!numbered) {
			child->number = synth->next_child++;
			synth->child_count++;
			numbered = true;
		}
		print_header(synth, child, year);
		for (size_t i = 0; i < child->count; i++)
			if (child->episodes[i].decom <= year->to && child->episodes[i].dec >= year->from)
				print_episode(synth, child, &child->episodes[i], year);
		if (in_care(child, year))
			print_unaccompanied(synth, child, year);
		synth_modules_print(synth, child, year);
	}
}

/* ---- blocks --------------------------------------------------------------------------------------------------------- */

struct block {
	struct synth *synth;
	struct synth_random random;
	int32_t from, to;                  /* the years */
	size_t count, room;
	struct synth_child *children;
};

/* A child that no year tells of is let go. */
static bool is_needed(const struct block *block, const struct synth_child *child)
{
	return child->episodes[child->count - 1].dec + LEAVERS >= block->from;
}

static size_t keep(struct block *block, const struct synth_child *child)
{
	if (block->count == block->room)
		block->children = hearth_realloc(block->children, (block->room = block->room == 0 ? 4096 : 2 * block->room)
		                                 * sizeof(*block->children));
	block->children[block->count] = *child;
	return block->count++;
}

/* One after the other, from long before the first year until after the last. */
static void fill_seat(struct block *block)
{
	const struct synth *synth = block->synth;
	int32_t day = block->from - BURN_IN + (int32_t)synth_below(&block->random, 1500);
	size_t last = SIZE_MAX, earlier = SIZE_MAX;      /* who left, and who left before */
	while (day <= block->to) {
		size_t at = earlier;
		bool returns = earlier != SIZE_MAX && synth_child_returns(&block->children[earlier], day)
		               && synth_permille(&block->random, synth_value(synth->data, SYNTH_RETURN, "permille"));
		if (!returns) {
			struct synth_child child;
			synth_child_init(&child, synth->data, &block->random, day);
			at = keep(block, &child);
		}
		struct synth_child *child = &block->children[at];
		synth_child_live(child, synth->data, &block->random, day);
		day = child->episodes[child->count - 1].dec;
		earlier = last;
		last = at;
	}
}

static void make_block(struct synth *synth, uint32_t number, uint32_t seats)
{
	struct block block = { .synth = synth, .from = synth->year[0].from, .to = synth->year[synth->years - 1].to };
	synth_random_init(&block.random, synth->seed, number);
	for (uint32_t i = 0; i < seats; i++)
		fill_seat(&block);
	synth->homes.count = 0;
	synth_homes_house(&synth->homes, synth->data, &block.random, block.children, block.count, block.from, block.to);
	for (size_t i = 0; i < block.count; i++) {
		if (is_needed(&block, &block.children[i]))
			synth_child_print(synth, &block.children[i]);
		synth_child_done(&block.children[i]);
	}
	for (size_t i = 0; i < synth->homes.count; i++)
		synth_home_print(synth->region, synth->postcodes, &synth->homes.items[i], synth->data, &block.random,
		                 synth->authority, block.to);
	synth->home_rows += synth->homes.count;
	free(block.children);
}

void synth_make(struct synth *synth, void (*progress)(void *context, uint32_t done, uint32_t all), void *context)
{
	uint32_t blocks = (synth->children + SYNTH_SEATS - 1) / SYNTH_SEATS;
	synth->next_child = 1000001;
	synth->homes = (struct synth_homes){ .next_number = 1, .organisations = 1 + synth->children / 600 };
	for (size_t y = 0; y < synth->years; y++)
		for (int table = 0; table < SYNTH_TABLES; table++)
			fprintf(synth->year[y].files[table], "%s\n", synth_table_columns[table]);
	fputs(synth_region_header, synth->region);
	fputs(SYNTH_POSTCODES_HEADER, synth->postcodes);
	synth_councils_print(synth->councils, synth->adjoining, synth->authority);
	for (uint32_t i = 0; i < blocks; i++) {
		uint32_t left = synth->children - i * SYNTH_SEATS;
		make_block(synth, i, left < SYNTH_SEATS ? left : SYNTH_SEATS);
		progress(context, i + 1, blocks);
	}
	free(synth->homes.items);
}
