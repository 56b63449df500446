/* import_home.c: see import_home.h. */
#include "import_home.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/clock.h>
#include <hearth/text.h>

typedef Hearth__Providers__V1__HomeRow home_row;

enum { PROVIDER_KEY, PROVIDER_NAME, PROVIDER_CODE, OWN_AUTHORITY, HOME_KEY, NAME, KIND, OUTWARD, EASTING, NORTHING,
	AREA_AUTHORITY, WEEKLY_FEE, NOTICE_DAYS, URN, REGISTRATION, REGISTERED_PLACES, PURPOSE, LEAST_AGE, MOST_AGE, SEX,
	MOST_CHILDREN, SIBLINGS_ONLY, PLACES, CLOSED,
	/* these may be missing */
	SOURCE, POSTCODE, SUPPORTED_CATEGORY, REGISTER, REGISTERED_FROM, REGISTERED_UNTIL, CAPABILITIES, EXCLUDED_RISKS, SOLO,
	ANNEXE_OF, PLANNED_OPEN, MANAGER, HOME_COLUMNS };

static const char *const columns[] = { "provider_key", "provider_name", "provider_code", "own_authority", "home_key", "name",
	"kind", "outward", "easting", "northing", "area_authority", "weekly_fee", "notice_days", "urn", "registration",
	"registered_places", "purpose", "least_age", "most_age", "sex", "most_children", "siblings_only", "places", "closed",
	NULL };
static const char *const more[] = { "source", "postcode", "supported_category", "register", "registered_from",
	"registered_until", "capabilities", "excluded_risks", "solo", "annexe_of", "planned_open", "manager", NULL };
_Static_assert(sizeof(columns) / sizeof(columns[0]) + sizeof(more) / sizeof(more[0]) - 2 == HOME_COLUMNS, "a name each");
_Static_assert(HOME_COLUMNS <= IMPORT_HOME_COLUMNS_MOST, "room for the fields");

static const char *name_of_column(int column)
{
	return column < SOURCE ? columns[column] : more[column - SOURCE];
}

static void reject(struct import_home *row, int column, const char *value, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
static void reject(struct import_home *row, int column, const char *value, const char *format, ...)
{
	char advice[200];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(advice, sizeof(advice), format, arguments);
	va_end(arguments);
	row->rejected = true;
	import_find_text(row->findings, row->line, name_of_column(column), value, advice);
}

bool import_home_recognise(const struct csv_row *header, size_t ret_places[CSV_FIELDS_MOST])
{
	static const struct csv_table table = { "homes", columns };
	return import_csv_recognise_more(&table, more, header, ret_places);
}

void import_home_difference(const struct csv_row *header, size_t size, char *ret_text)
{
	static const struct csv_table table = { "homes", columns };
	import_csv_difference(&table, more, header, size, ret_text);
}

/* ---- fields --------------------------------------------------------------------------------------------------------- */

static char *text_of(struct import_home *row, int column, size_t least, size_t most)
{
	const char *value = row->fields[column];
	size_t size = strlen(value);
	if (size < least || size > most || !hearth_utf8_valid(value, size))
		reject(row, column, value, "%zu to %zu characters of UTF-8", least, most);
	return hearth_arena_strdup(row->arena, value);
}

static int64_t whole_of(struct import_home *row, int column, int64_t least, int64_t most)
{
	const char *value = row->fields[column];
	char *end;
	errno = 0;
	long long number = strtoll(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0 || number < least || number > most) {
		reject(row, column, value, "a whole number, %lld to %lld", (long long)least, (long long)most);
		return least;
	}
	return number;
}

static Hearth__V1__Count *count_of(struct import_home *row, int column, int64_t most)
{
	if (row->fields[column][0] == '\0')
		return NULL;
	Hearth__V1__Count *count = hearth_arena_alloc(row->arena, sizeof(*count));
	hearth__v1__count__init(count);
	count->value = whole_of(row, column, 0, most);
	return count;
}

/* Pounds, with two decimals or none. */
static Hearth__V1__Money *money_of(struct import_home *row, int column)
{
	const char *value = row->fields[column];
	if (value[0] == '\0')
		return NULL;
	size_t pounds = strspn(value, "0123456789");
	bool pence = value[pounds] == '.' && strspn(value + pounds + 1, "0123456789") == 2 && value[pounds + 3] == '\0';
	Hearth__V1__Money *money = hearth_arena_alloc(row->arena, sizeof(*money));
	hearth__v1__money__init(money);
	if (pounds == 0 || pounds > 7 || (value[pounds] != '\0' && !pence))
		reject(row, column, value, "pounds a week, such as 455 or 455.00, not negative");
	else
		money->pence = strtoll(value, NULL, 10) * 100 + (pence ? strtoll(value + pounds + 1, NULL, 10) : 0);
	return money;
}

static int name_of(struct import_home *row, int column, const ProtobufCEnumDescriptor *names, bool required)
{
	const char *value = row->fields[column];
	if (value[0] == '\0' && !required)
		return 0;
	const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value_by_name(names, value);
	if (found != NULL && found->value != 0)
		return found->value;
	char all[160] = "";
	for (unsigned i = 0; i < names->n_values; i++)
		if (names->values[i].value != 0)
			snprintf(all + strlen(all), sizeof(all) - strlen(all), " %s", names->values[i].name);
	reject(row, column, value, "one of%s", all);
	return 0;
}

static bool yes_of(struct import_home *row, int column)
{
	const char *value = row->fields[column];
	bool yes = hearth_text_same(value, "yes"), no = hearth_text_same(value, "no") || value[0] == '\0';
	if (!yes && !no)
		reject(row, column, value, "yes or no");
	return yes;
}

static char *authority_of(struct import_home *row, int column)
{
	const char *value = row->fields[column];
	if (value[0] != '\0' && (strlen(value) != 3 || strspn(value, "0123456789") != 3))
		reject(row, column, value, "a DfE code of three digits, or nothing");
	return hearth_arena_strdup(row->arena, value);
}

static char *outward_of(struct import_home *row)
{
	char outward[5] = "";
	const char *value = row->fields[OUTWARD];
	if (value[0] != '\0' && hearth_postcode_outward(value, outward) != 0)
		reject(row, OUTWARD, "a postcode", "the outward part of a postcode such as B12, or nothing");
	return hearth_arena_strdup(row->arena, outward);
}

static Hearth__V1__GridReference *grid_of(struct import_home *row)
{
	if (row->fields[EASTING][0] == '\0' && row->fields[NORTHING][0] == '\0')
		return NULL;
	Hearth__V1__GridReference *grid = hearth_arena_alloc(row->arena, sizeof(*grid));
	hearth__v1__grid_reference__init(grid);
	grid->easting = (int32_t)whole_of(row, EASTING, 0, 700000);
	grid->northing = (int32_t)whole_of(row, NORTHING, 0, 1300000);
	return grid;
}

/* Codes with spaces (or semicolons) between. */
static char **codes_of(struct import_home *row, int column, size_t most, size_t *ret_count)
{
	char *text = hearth_arena_strdup(row->arena, row->fields[column]);
	char **codes = hearth_arena_alloc(row->arena, most * sizeof(*codes)), *rest = NULL;
	size_t count = 0;
	for (char *code = strtok_r(text, " ;", &rest); code != NULL; code = strtok_r(NULL, " ;", &rest)) {
		if (count == most) {
			reject(row, column, row->fields[column], "at most %zu codes", most);
			break;
		}
		codes[count++] = code;
	}
	*ret_count = count;
	return codes;
}

static char *day_of(struct import_home *row, int column)
{
	int32_t days;
	const char *value = row->fields[column];
	if (value[0] != '\0' && hearth_date_parse(value, &days) != 0)
		reject(row, column, value, "a day as YYYY-MM-DD, or nothing");
	return hearth_arena_strdup(row->arena, value);
}

static char *one_of(struct import_home *row, int column, const char *const *names)
{
	const char *value = row->fields[column];
	char all[160] = "";
	for (size_t i = 0; names[i] != NULL; i++) {
		if (strcmp(value, names[i]) == 0)
			return hearth_arena_strdup(row->arena, value);
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s ", names[i]);
	}
	if (value[0] != '\0')
		reject(row, column, value, "one of %sor nothing", all);
	return hearth_arena_strdup(row->arena, "");
}

static Hearth__Providers__V1__Terms *terms_of(struct import_home *row)
{
	Hearth__Providers__V1__Terms *terms = hearth_arena_alloc(row->arena, sizeof(*terms));
	hearth__providers__v1__terms__init(terms);
	terms->least_age = count_of(row, LEAST_AGE, 25);
	terms->most_age = count_of(row, MOST_AGE, 25);
	const char *sex = row->fields[SEX];
	if (sex[0] != '\0' && strcmp(sex, "ANY") != 0 && strcmp(sex, "M") != 0 && strcmp(sex, "F") != 0)
		reject(row, SEX, sex, "ANY, M, F or nothing");
	terms->sex = hearth_arena_strdup(row->arena, sex);
	terms->most_children = count_of(row, MOST_CHILDREN, 100);
	terms->siblings_only = yes_of(row, SIBLINGS_ONLY);
	return terms;
}

static void more_of(struct import_home *row, home_row *home)
{
	static const char *const categories[] = { "SELF_CONTAINED", "SHARED_RING_FENCED", "SHARED", "PRIVATE_RESIDENCE", NULL };
	static const char *const registers[] = { "OFSTED", "CQC", "CARE_INSPECTORATE_WALES", "CARE_INSPECTORATE_SCOTLAND", NULL };
	static const char *const managers[] = { "IN_POST", "VACANT", NULL };
	home->supported_category = one_of(row, SUPPORTED_CATEGORY, categories);
	home->register_ = one_of(row, REGISTER, registers);
	home->registered_from = day_of(row, REGISTERED_FROM);
	home->registered_until = day_of(row, REGISTERED_UNTIL);
	home->capabilities = codes_of(row, CAPABILITIES, 40, &home->n_capabilities);
	home->excluded_risks = codes_of(row, EXCLUDED_RISKS, 20, &home->n_excluded_risks);
	home->solo = yes_of(row, SOLO);
	home->annexe_of = text_of(row, ANNEXE_OF, 0, 64);
	home->planned_open = day_of(row, PLANNED_OPEN);
	home->manager = one_of(row, MANAGER, managers);
}

static home_row *home_of(struct import_home *row)
{
	home_row *home = hearth_arena_alloc(row->arena, sizeof(*home));
	hearth__providers__v1__home_row__init(home);
	home->provider_key = text_of(row, PROVIDER_KEY, 1, 64);
	home->provider_name = text_of(row, PROVIDER_NAME, 1, 200);
	home->provider_code = text_of(row, PROVIDER_CODE, 0, 3);
	home->own_authority = authority_of(row, OWN_AUTHORITY);
	home->home_key = text_of(row, HOME_KEY, 1, 64);
	home->name = text_of(row, NAME, 0, 200);
	home->kind = (Hearth__Providers__V1__HomeKind)name_of(row, KIND, &hearth__providers__v1__home_kind__descriptor, true);
	home->outward = outward_of(row);
	home->grid = grid_of(row);
	home->area_authority = authority_of(row, AREA_AUTHORITY);
	home->weekly_fee = money_of(row, WEEKLY_FEE);
	home->notice_days = count_of(row, NOTICE_DAYS, 365);
	home->urn = text_of(row, URN, 0, 10);
	home->registration = (Hearth__Providers__V1__Registration)name_of(
		row, REGISTRATION, &hearth__providers__v1__registration__descriptor, false);
	home->registered_places = count_of(row, REGISTERED_PLACES, 1000);
	home->purpose = codes_of(row, PURPOSE, 20, &home->n_purpose);
	home->terms = terms_of(row);
	home->places = (int32_t)whole_of(row, PLACES, 0, 1000);
	home->closed = yes_of(row, CLOSED);
	more_of(row, home);
	return home;
}

/* ---- postcodes ------------------------------------------------------------------------------------------------------ */

/* What a postcode says where the row itself says nothing. It is asked for and not kept. */
static void place_of(struct import_home *row, home_row *home, import_postcode_fn *lookup, void *context)
{
	char postcode[9], outward[5] = "";
	const char *text = row->fields[POSTCODE];
	if (text[0] == '\0')
		return;
	if (hearth_postcode_normalise(text, postcode) != 0 || hearth_postcode_outward(postcode, outward) != 0) {
		reject(row, POSTCODE, "", "a full postcode, or nothing");
		return;
	}
	if (home->outward[0] == '\0')
		home->outward = hearth_arena_strdup(row->arena, outward);
	else if (strcmp(home->outward, outward) != 0)
		reject(row, OUTWARD, home->outward, "the outward part of the row's postcode, or nothing");
	if (row->rejected || (home->grid != NULL && home->area_authority[0] != '\0'))
		return;
	const Hearth__Providers__V1__PostcodePlace *place = lookup(context, postcode);
	if (place == NULL) {
		reject(row, POSTCODE, "", "a postcode that is known (hearth import postcodes), or easting, northing and area_authority");
		return;
	}
	if (home->grid == NULL)
		home->grid = place->grid;
	if (home->area_authority[0] == '\0')
		home->area_authority = place->area_authority;
}

home_row *import_home_read(struct import_home *row, const struct csv_row *csv, const size_t places[CSV_FIELDS_MOST],
                           import_postcode_fn *lookup, void *context)
{
	for (size_t i = 0; i < HOME_COLUMNS; i++)
		row->fields[i] = places[i] < CSV_FIELDS_MOST ? csv->fields[places[i]] : "";
	home_row *home = home_of(row);
	if (!row->rejected)
		place_of(row, home, lookup, context);
	return home;
}

void import_home_reject_key(struct import_home *row, const char *key)
{
	reject(row, HOME_KEY, key, "a key that no other row has");
}
