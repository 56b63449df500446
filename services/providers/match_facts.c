/* match_facts.c: reads a line of table match_home, which SQL's match_facts() wrote, field by field in its order.
 *
 * A copy of the line is cut into its parts where it lies. A code that no list knows is never passed over: a home of which
 * something is not understood must not seem to fit, so it is barred, and the bar says what is not understood.
 */
#include "match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/text.h>

#define FORMAT "1"
#define LIST_MOST 2000               /* rows of one list of one home */

enum field {
	FORMAT_NO, PROVIDER, KIND, CATEGORY, SECTOR, OWN_AUTHORITY, AGENCY, OPEN, NAME, OUTWARD, EASTING, NORTHING, AREA, FEE,
	HAS_URN, REGISTRATION, REGISTERED_FROM, REGISTERED_UNTIL, REGISTERED_PLACES, OUTCOME, INSPECTED, LEAST_AGE, MOST_AGE,
	SEX, MOST_CHILDREN, SIBLINGS_ONLY, SOLO, CAPABILITIES, EXCLUDED_RISKS, PLACES, ANNEXE_OF, PLANNED_OPEN, MANAGER,
	CONFIRMED, OTHERS, OTHERS_ON, KINDS, BARS, LIMITS, BLOCKS, RESIDENTS, NAMED, ROUTES, FIELDS
};

/* One growing list of rows of a size. */
struct list { void *rows; size_t room, count; };

struct match_reader {
	char *text;
	size_t size;
	struct list bars, limits, blocks, residents, named, routes, bar_sources, limit_sources;
	const char *broken;              /* the line is none */
	const char *strange;             /* a code that no list knows */
	char said[100];
};

struct match_reader *match_reader_new(void)
{
	struct match_reader *reader = hearth_alloc(sizeof *reader);
	*reader = (struct match_reader){ 0 };
	return reader;
}

void match_reader_free(struct match_reader **reader)
{
	struct match_reader *gone = *reader;
	if (!gone)
		return;
	struct list *const lists[] = { &gone->bars, &gone->limits, &gone->blocks, &gone->residents, &gone->named,
		                           &gone->routes, &gone->bar_sources, &gone->limit_sources };
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		free(lists[i]->rows);
	free(gone->text);
	free(gone);
	*reader = NULL;
}

/* ---- parts ---- */

/* The part up to `mark`, ended where the mark stood; `at` moves behind it, to NULL at the end. Behind the end all parts are
 * empty. */
static char *cut(char **at, char mark)
{
	static char nothing[] = "";
	char *part = *at ? *at : nothing, *end = strchr(part, mark);
	if (end)
		*end = '\0';
	*at = end ? end + 1 : NULL;
	return part;
}

static void *add(struct match_reader *reader, struct list *list, size_t size)
{
	if (list->count == LIST_MOST)
		reader->broken = "a list of more rows than are read";
	if (list->count == list->room) {
		list->room = list->room ? list->room * 2 : 8;
		list->rows = hearth_realloc(list->rows, list->room * size);
	}
	void *row = (char *)list->rows + list->count++ * size;
	memset(row, 0, size);
	return row;
}

static int64_t number(const char *text, int64_t none)
{
	return text && *text ? strtoll(text, NULL, 10) : none;
}

static bool yes(const char *text)
{
	return text && *text == 't';
}

int32_t match_day(const char *date, int32_t none)
{
	int32_t day;
	return date && hearth_date_parse(date, &day) == 0 ? day : none;
}

uint16_t match_authority(const char *code)
{
	return (uint16_t)number(code, 0);
}

/* The number of a name; an empty one is `none`. */
static uint8_t code(struct match_reader *reader, enum match_list list, const char *name, uint8_t none)
{
	if (!name || !*name)
		return none;
	int is = match_code(list, name);
	if (is < 0)
		reader->strange = name;
	return is < 0 ? none : (uint8_t)is;
}

/* Bits of a comma's list. A code that matching does not weigh has no bit, and is none of its business. */
static uint32_t bits(enum match_list list, char *names)
{
	uint32_t all = 0;
	for (char *at = names; at && *at;) {
		int is = match_code(list, cut(&at, ','));
		all |= is >= 0 ? UINT32_C(1) << is : 0;
	}
	return all;
}

static struct match_id id_of(struct match_reader *reader, const char *text)
{
	struct hearth_uuid uuid = { { 0 } };
	struct match_id id;
	if (!text || hearth_uuid_parse(text, &uuid) < 0)
		reader->broken = "an id";
	memcpy(id.bytes, uuid.bytes, sizeof id.bytes);
	return id;
}

static char sex_of(const char *text, char none)
{
	return text && *text ? *text : none;
}

/* ---- lists ---- */

static void read_bar(struct match_reader *reader, char *row)
{
	struct match_bar *bar = add(reader, &reader->bars, sizeof *bar);
	bar->authority = match_authority(cut(&row, '~'));
	bar->kind = code(reader, MATCH_LIST_BAR, cut(&row, '~'), 0);
	bar->from = match_day(cut(&row, '~'), MATCH_EVER);
	bar->until = match_day(cut(&row, '~'), MATCH_OPEN_END);
	*(const char **)add(reader, &reader->bar_sources, sizeof(char *)) = cut(&row, '~');
}

static void read_limit(struct match_reader *reader, char *row)
{
	struct match_limit *limit = add(reader, &reader->limits, sizeof *limit);
	limit->code = code(reader, MATCH_LIST_LIMIT, cut(&row, '~'), 0);
	limit->value = (int16_t)number(cut(&row, '~'), MATCH_UNKNOWN);
	limit->sex = sex_of(cut(&row, '~'), '\0');
	limit->from = match_day(cut(&row, '~'), MATCH_EVER);
	limit->until = match_day(cut(&row, '~'), MATCH_OPEN_END);
	*(const char **)add(reader, &reader->limit_sources, sizeof(char *)) = cut(&row, '~');
}

static void read_block(struct match_reader *reader, char *row)
{
	struct match_block *block = add(reader, &reader->blocks, sizeof *block);
	block->places = (uint16_t)number(cut(&row, '~'), 0);
	block->reason = code(reader, MATCH_LIST_BLOCK, cut(&row, '~'), MATCH_BLOCK_OTHER);
	block->from = match_day(cut(&row, '~'), MATCH_EVER);
	block->until = match_day(cut(&row, '~'), MATCH_OPEN_END);
}

static void read_resident(struct match_reader *reader, char *row)
{
	struct match_resident *resident = add(reader, &reader->residents, sizeof *resident);
	resident->authority = match_authority(cut(&row, '~'));
	resident->held = *cut(&row, '~') == 'H';
	resident->child = id_of(reader, cut(&row, '~'));
	(void)cut(&row, '~');            /* beyond the places: who lives there lives there */
	resident->age = (int16_t)number(cut(&row, '~'), MATCH_UNKNOWN);
	resident->age_on = match_day(cut(&row, '~'), MATCH_EVER);
	resident->sex = sex_of(cut(&row, '~'), 'U');
	resident->companions = code(reader, MATCH_LIST_COMPANIONS, cut(&row, '~'), MATCH_COMPANIONS_NOT_SAID);
	resident->risks = (uint16_t)(bits(MATCH_LIST_RISK, cut(&row, '~')) & MATCH_RISKS_TO_OTHERS);
}

static void read_named(struct match_reader *reader, char *row)
{
	(void)cut(&row, '~');            /* which council granted it */
	bool siblings = strcmp(cut(&row, '~'), "SIBLINGS") == 0;
	int32_t from = match_day(cut(&row, '~'), MATCH_EVER), until = match_day(cut(&row, '~'), MATCH_OPEN_END);
	for (char *children = cut(&row, '~'); children && *children;) {
		struct match_named *named = add(reader, &reader->named, sizeof *named);
		*named = (struct match_named){ id_of(reader, cut(&children, ',')), siblings, from, until };
	}
}

static void read_route(struct match_reader *reader, char *row)
{
	struct match_route *route = add(reader, &reader->routes, sizeof *route);
	route->authority = match_authority(cut(&row, '~'));
	route->route = code(reader, MATCH_LIST_ROUTE, cut(&row, '~'), MATCH_ROUTE_UNKNOWN);
	route->tier = (uint8_t)number(cut(&row, '~'), 0);
	route->pence = number(cut(&row, '~'), MATCH_UNKNOWN);
	route->from = match_day(cut(&row, '~'), MATCH_EVER);
	route->until = match_day(cut(&row, '~'), MATCH_OPEN_END);
}

static void read_rows(struct match_reader *reader, char *rows, void (*read)(struct match_reader *, char *))
{
	while (rows && *rows)
		read(reader, cut(&rows, ';'));
}

/* ---- the line ---- */

static void bar_strange(struct match_reader *reader)
{
	struct match_bar *bar = add(reader, &reader->bars, sizeof *bar);
	*bar = (struct match_bar){ 0, MATCH_BAR_SUSPENSION, MATCH_EVER, MATCH_OPEN_END };
	snprintf(reader->said, sizeof reader->said, "what is recorded of it is not understood: %.40s", reader->strange);
	*(const char **)add(reader, &reader->bar_sources, sizeof(char *)) = reader->said;
}

static void read_lists(struct match_reader *reader, char **fields, struct match_row *line)
{
	struct match_home *home = &line->home;
	reader->bars.count = reader->limits.count = reader->blocks.count = reader->residents.count = reader->named.count = 0;
	reader->routes.count = reader->bar_sources.count = reader->limit_sources.count = 0;
	read_rows(reader, fields[BARS], read_bar);
	read_rows(reader, fields[LIMITS], read_limit);
	read_rows(reader, fields[BLOCKS], read_block);
	read_rows(reader, fields[RESIDENTS], read_resident);
	read_rows(reader, fields[NAMED], read_named);
	read_rows(reader, fields[ROUTES], read_route);
	if (reader->strange)
		bar_strange(reader);
	home->bars = reader->bars.rows;
	home->limits = reader->limits.rows;
	home->blocks = reader->blocks.rows;
	home->residents = reader->residents.rows;
	home->named = reader->named.rows;
	home->routes = reader->routes.rows;
	home->bar_count = (uint16_t)reader->bars.count;
	home->limit_count = (uint16_t)reader->limits.count;
	home->block_count = (uint16_t)reader->blocks.count;
	home->resident_count = (uint16_t)reader->residents.count;
	home->named_count = (uint16_t)reader->named.count;
	home->route_count = (uint16_t)reader->routes.count;
	line->bar_count = reader->bars.count;
	line->limit_count = reader->limits.count;
	line->bar_sources = reader->bar_sources.rows;
	line->limit_sources = reader->limit_sources.rows;
}

/* A household that no register lists by itself stands where its agency stands. */
static uint8_t registration_of(struct match_reader *reader, char **fields, uint8_t kind)
{
	const char *own = fields[REGISTRATION];
	if (!*own && kind == MATCH_FOSTERING)
		own = fields[AGENCY];
	return code(reader, MATCH_LIST_REGISTRATION, own, MATCH_REGISTRATION_UNKNOWN);
}

static void read_fields(struct match_reader *reader, char **fields, struct match_home *home)
{
	home->kind = code(reader, MATCH_LIST_KIND, fields[KIND], 0);
	home->supported_category = code(reader, MATCH_LIST_SUPPORTED_CATEGORY, fields[CATEGORY], MATCH_CATEGORY_UNKNOWN);
	home->own_authority = match_authority(fields[OWN_AUTHORITY]);
	home->open = yes(fields[OPEN]);
	home->grid.known = *fields[EASTING] && *fields[NORTHING];
	home->grid.easting = (int32_t)number(fields[EASTING], 0);
	home->grid.northing = (int32_t)number(fields[NORTHING], 0);
	home->area = match_authority(fields[AREA]);
	home->pence = number(fields[FEE], MATCH_UNKNOWN);
	home->has_urn = yes(fields[HAS_URN]);
	home->registration = registration_of(reader, fields, home->kind);
	home->registered_from = match_day(fields[REGISTERED_FROM], MATCH_EVER);
	home->registered_until = match_day(fields[REGISTERED_UNTIL], MATCH_OPEN_END);
	home->registered_places = (int16_t)number(fields[REGISTERED_PLACES], MATCH_UNKNOWN);
	int outcome = match_code(MATCH_LIST_OUTCOME, fields[OUTCOME]);
	home->outcome = (uint8_t)(outcome < 0 ? MATCH_OUTCOME_UNKNOWN : outcome);      /* it excludes nobody */
	home->least_age = (int16_t)number(fields[LEAST_AGE], MATCH_UNKNOWN);
	home->most_age = (int16_t)number(fields[MOST_AGE], MATCH_UNKNOWN);
	home->sex = sex_of(fields[SEX], '\0');
	home->most_children = (int16_t)number(fields[MOST_CHILDREN], MATCH_UNKNOWN);
	home->siblings_only = yes(fields[SIBLINGS_ONLY]);
	home->solo = yes(fields[SOLO]);
	home->capabilities = bits(MATCH_LIST_CAPABILITY, fields[CAPABILITIES]);
	home->excluded_risks = (uint16_t)bits(MATCH_LIST_RISK, fields[EXCLUDED_RISKS]);
	home->places = (int16_t)number(fields[PLACES], 0);
	home->planned_open = match_day(fields[PLANNED_OPEN], MATCH_EVER);
	home->manager_vacant = strcmp(fields[MANAGER], "VACANT") == 0;
	home->vacancy_confirmed = number(fields[CONFIRMED], 0);
	home->other_children = (int16_t)number(fields[OTHERS], MATCH_UNKNOWN);
	home->approved_kinds = (uint16_t)bits(MATCH_LIST_PLACEMENT_KIND, fields[KINDS]);
}

int match_read_line(struct match_reader *reader, const char *id, int64_t revision, const char *facts,
                    struct match_row *ret_line, struct hearth_status *status)
{
	char *fields[FIELDS];
	size_t size = strlen(facts) + 1, count = 0;
	if (size > reader->size) {
		reader->text = hearth_realloc(reader->text, size * 2);
		reader->size = size * 2;
	}
	memcpy(reader->text, facts, size);
	for (char *at = reader->text; at && count < FIELDS;)
		fields[count++] = cut(&at, '|');
	reader->strange = NULL;
	reader->broken = count == FIELDS && strcmp(fields[FORMAT_NO], FORMAT) == 0 ? NULL : "its format";
	if (!reader->broken) {
		struct match_row line = { .provider = fields[PROVIDER], .name = fields[NAME], .outward = fields[OUTWARD] };
		line.home.id = id_of(reader, id);
		line.home.provider = id_of(reader, fields[PROVIDER]);
		line.home.revision = revision;
		read_fields(reader, fields, &line.home);
		read_lists(reader, fields, &line);
		*ret_line = line;
	}
	if (reader->broken)
		return hearth_fail(status, HEARTH_INTERNAL, "MATCH_FACTS", "what is known of home %s is not understood: %s", id,
		                   reader->broken);
	return 0;
}
