/* synth_region.c: the made-up region as files: homes with what they can do, the councils, whose areas touch, and where the
 * homes' postcodes lie.
 *
 * What a home can do is drawn from its number alone, so that children, homes and returns are the same with or without. */
#include "synth.h"

#include <string.h>

const char synth_region_header[] =
	"source,provider_key,provider_name,provider_code,own_authority,home_key,name,kind,outward,easting,northing,"
	"area_authority,weekly_fee,notice_days,urn,registration,registered_places,purpose,least_age,most_age,sex,"
	"most_children,siblings_only,places,closed,supported_category,register,capabilities,excluded_risks,solo,manager\n";

/* National grid metres; far homes lie 45 km (own area) or 80 km and more away. */
static void grid_of(const struct synth_home *home, struct synth_random *random, unsigned *ret_easting, unsigned *ret_northing)
{
	uint32_t district = synth_home_district(home);
	uint32_t east = 390000 + district % 10 * 2000 + synth_below(random, 2000);
	uint32_t north = 290000 + district / 10 % 10 * 2000 + synth_below(random, 2000);
	if (home->ring == SYNTH_IN_FAR)
		east += 45000;
	else if (home->ring == SYNTH_OUT_NEAR)
		east -= 20000;
	else if (home->ring == SYNTH_OUT_FAR)
		north += 80000 + district * 700;
	*ret_easting = east;
	*ret_northing = north;
}

static void print_provider(FILE *file, const struct synth_home *home, const char *authority)
{
	static const char *const kinds[] = { "fostering", "fostering", "children's homes", "secure homes",
		"supported accommodation" };
	bool own = strcmp(home->provider, "PR1") == 0;
	const char *kind = kinds[home->kind];
	unsigned number = (unsigned)synth_home_agency(home);
	if (own)
		fprintf(file, "SYNTHETIC,P-%u-own,Council %s (synthetic),PR1,%s,", (unsigned)(home->kind < 2 ? 0 : home->kind), kind,
		        authority);
	else
		fprintf(file, "SYNTHETIC,P-%u-%u,Provider of %s %u (synthetic),%s,,", (unsigned)home->kind, number, kind, number,
		        home->provider);
}

static uint32_t fee_of(const struct synth_home *home, const struct synth_data *data)
{
	static const char *const names[] = { "foster_own", "foster_own", "home", "secure", "supported" };
	bool agency = home->kind == SYNTH_FOSTER && strcmp(home->provider, "PR1") != 0;
	return synth_value(data, SYNTH_FEE, agency ? "foster_agency" : names[home->kind]);
}

static bool lived_in(const struct synth_home *home, int32_t day)
{
	for (uint32_t i = 0; i < home->places; i++)
		if (home->taken_until[i] > day)
			return true;
	return false;
}

/* ---- what it can do ------------------------------------------------------------------------------------------------- */

/* A draw of the home's own: the `what`-th, below 1000. */
static uint32_t drawn(const struct synth_home *home, uint32_t what)
{
	struct synth_random random = { .state = ((uint64_t)home->number << 16) + what };
	return synth_below(&random, 1000);
}

/* Codes with spaces between: each with its own weight in a thousand. */
static void print_codes(FILE *file, const struct synth_home *home, const struct synth_data *data, enum synth_group group)
{
	bool first = true;
	for (size_t key = 0; synth_key(group, key) != NULL; key++) {
		if (drawn(home, (uint32_t)group * 32 + (uint32_t)key) >= data->values[group][key])
			continue;
		fprintf(file, "%s%s", first ? "" : " ", synth_key(group, key));
		first = false;
	}
}

static void print_facts(FILE *file, const struct synth_home *home, const struct synth_data *data, const char *category)
{
	bool fostering = home->kind <= SYNTH_RELATIVE, supported = home->kind == SYNTH_SUPPORTED_HOME;
	bool residential = home->kind == SYNTH_HOME || home->kind == SYNTH_SECURE;
	fprintf(file, ",%s,%s,", supported ? category : "", fostering ? "" : "OFSTED");
	if (home->kind != SYNTH_RELATIVE)
		print_codes(file, home, data, fostering ? SYNTH_CAN_FOSTER : supported ? SYNTH_CAN_SUPPORTED : SYNTH_CAN_HOME);
	fputc(',', file);
	if (home->kind == SYNTH_FOSTER || home->kind == SYNTH_HOME)
		print_codes(file, home, data, SYNTH_NOT_TAKEN);
	bool vacant = drawn(home, 1) < synth_value(data, SYNTH_SETTING, "manager_vacant");
	fprintf(file, ",%s,%s\n", residential && home->places == 1 ? "yes" : "no",
	        !residential ? "" : vacant ? "VACANT" : "IN_POST");
}

/* ---- rows ----------------------------------------------------------------------------------------------------------- */

/* A postcode is written once: past these numbers those of far homes begin again. */
static bool has_own_postcode(const struct synth_home *home)
{
	return home->number < (home->ring == SYNTH_IN_FAR ? 40000u : 356000u);
}

void synth_home_print(FILE *file, FILE *postcodes, const struct synth_home *home, const struct synth_data *data,
                      struct synth_random *random, const char *authority, int32_t to)
{
	static const char *const names[] = { "Fostering household", "Connected persons", "Children's home",
		"Secure children's home", "Supported accommodation" };
	static const char *const kinds[] = { "FOSTERING", "FOSTERING", "CHILDRENS_HOME", "SECURE_CHILDRENS_HOME",
		"SUPPORTED_ACCOMMODATION" };
	static const char *const purposes[][3] = { { "", "", "" }, { "", "", "" },
		{ "EMOTIONAL_SUPPORT", "EMOTIONAL_SUPPORT LEARNING_DISABILITY", "THERAPEUTIC" }, { "SECURE", "SECURE", "SECURE" },
		{ "SELF_CONTAINED", "PRIVATE_RESIDENCE", "SHARED_RING_FENCED" } };
	char postcode[SYNTH_POSTCODE_SIZE], urn[SYNTH_URN_SIZE];
	unsigned easting, northing;
	bool fostering = home->kind <= SYNTH_RELATIVE;
	synth_home_postcode(home, postcode);
	synth_home_urn(home, urn);
	grid_of(home, random, &easting, &northing);
	uint32_t places = home->places + (home->kind != SYNTH_RELATIVE && home->places < SYNTH_PLACES_MOST
		&& synth_permille(random, synth_value(data, SYNTH_SPARE, fostering ? "fostering" : "homes")));
	const char *area = home->ring <= SYNTH_IN_FAR ? authority : home->ring == SYNTH_OUT_NEAR ? SYNTH_NEAR : SYNTH_FAR;
	print_provider(file, home, authority);
	fprintf(file, "H%07u,%s %u,%s,%.*s,%u,%u,%s,", (unsigned)home->number, names[home->kind], (unsigned)home->number,
	        kinds[home->kind], (int)strcspn(postcode, " "), postcode, easting, northing, area);
	fprintf(file, "%d.00,28,%s,REGISTERED,", (int)synth_around(random, fee_of(home, data)), urn);
	if (!fostering)
		fprintf(file, "%u", (unsigned)places);
	const char *purpose = purposes[home->kind][synth_below(random, 3)];
	fprintf(file, ",%s,%d,%d,%s,%u,no,%u,%s", purpose, home->least_age, home->most_age,
	        home->sex == 'A' ? "ANY" : home->sex == 'F' ? "F" : "M", (unsigned)places, (unsigned)places,
	        home->kind == SYNTH_RELATIVE && !lived_in(home, to) ? "yes" : "no");
	print_facts(file, home, data, purpose);
	if (has_own_postcode(home))
		fprintf(postcodes, "SYNTHETIC,%s,%u,%u,%s\n", postcode, easting, northing, area);
}

/* ---- councils ------------------------------------------------------------------------------------------------------- */

void synth_councils_print(FILE *councils, FILE *adjoining, const char *authority)
{
	const char *const codes[] = { authority, SYNTH_NEAR, SYNTH_FAR };
	fputs("source,la_code,la_name,gss_code\n", councils);
	for (size_t i = 0; i < 3; i++)
		if (i == 0 || strcmp(codes[i], authority) != 0)
			fprintf(councils, "SYNTHETIC,%s,Council %s (synthetic),Z06000%s\n", codes[i], codes[i], codes[i]);
	fputs("source,authority,adjoining\n", adjoining);
	for (size_t i = 0; i < 2; i++)
		if (strcmp(codes[i], codes[i + 1]) != 0)
			fprintf(adjoining, "SYNTHETIC,%s,%s\n", codes[i], codes[i + 1]);
}
