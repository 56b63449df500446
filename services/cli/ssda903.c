/* ssda903.c: the checks of one row. See ssda903.h; sources of the columns and lists are in docs/glossary.md and in the
 * code tables of placements. */
#include "ssda903.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <hearth/clock.h>
#include <hearth/text.h>

enum { CHILD, DECOM, RNE, LS, CIN, PLACE, PLACE_PROVIDER, DEC, REC, REASON, HOME_POST, PL_POST, URN };
enum { H_SEX = 1, H_DOB = 2, H_MC_DOB = 6, U_DUC = 3 };

const char *const ssda903_episode_columns[] = { "CHILD", "DECOM", "RNE", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "DEC",
	"REC", "REASON_PLACE_CHANGE", "HOME_POST", "PL_POST", "URN", NULL };
const char *const ssda903_header_columns[] = { "CHILD", "SEX", "DOB", "ETHNIC", "UPN", "MOTHER", "MC_DOB", NULL };
const char *const ssda903_uasc_columns[] = { "CHILD", "SEX", "DOB", "DUC", NULL };

#define COLUMNS(...) (const char *const[]){ __VA_ARGS__, NULL }
const struct ssda903_other ssda903_others[] = {
	{ "reviews", COLUMNS("CHILD", "DOB", "REVIEW", "REVIEW_CODE") },
	{ "oc2", COLUMNS("CHILD", "DOB", "SDQ_SCORE", "SDQ_REASON", "CONVICTED", "HEALTH_CHECK", "IMMUNISATIONS",
	                 "TEETH_CHECK", "HEALTH_ASSESSMENT", "SUBSTANCE_MISUSE", "INTERVENTION_RECEIVED",
	                 "INTERVENTION_OFFERED") },
	{ "oc3", COLUMNS("CHILD", "DOB", "IN_TOUCH", "ACTIV", "ACCOM") },
	{ "ad1", COLUMNS("CHILD", "DOB", "DATE_INT", "DATE_MATCH", "FOSTER_CARE", "NB_ADOPTR", "SEX_ADOPTR", "LS_ADOPTR") },
	{ "placed for adoption", COLUMNS("CHILD", "DOB", "DATE_PLACED", "DATE_PLACED_CEASED", "REASON_PLACED_CEASED") },
	{ "previous permanence", COLUMNS("CHILD", "DOB", "PREV_PERM", "LA_PERM", "DATE_PERM") },
	{ "missing", COLUMNS("CHILD", "DOB", "MISSING", "MIS_START", "MIS_END") },
	{ "social worker episodes", COLUMNS("CHILD", "DOB", "SW_ID", "SW_DECOM", "SW_DEC", "SW_REASON") },
	{ "deprivation of liberty orders", COLUMNS("CHILD", "DOB", "DOLO_START", "DOLO_END") },
	{ NULL, NULL },
};

/* ---- findings ----------------------------------------------------------------------------------------------------- */

static const struct { const char *name; bool rejects; } kinds[SSDA903_KINDS] = {
	[SSDA903_UNREADABLE_DATE] = { "UNREADABLE_DATE", true },
	[SSDA903_UNKNOWN_CODE] = { "UNKNOWN_CODE", true },
	[SSDA903_MISSING_KEY] = { "MISSING_KEY", true },
	[SSDA903_END_NOT_AFTER_START] = { "END_NOT_AFTER_START", true },
	[SSDA903_WRONG_WIDTH] = { "WRONG_WIDTH", true },
	[SSDA903_UNKNOWN_TABLE] = { "UNKNOWN_TABLE", true },
	[SSDA903_UNREADABLE_FILE] = { "UNREADABLE_FILE", true },
	[SSDA903_REC_ON_OPEN] = { "REC_ON_OPEN", false },
	[SSDA903_OVERLAP] = { "OVERLAP", false },
	[SSDA903_NO_REC] = { "NO_REC", false },
	[SSDA903_UNREADABLE_POSTCODE] = { "UNREADABLE_POSTCODE", false },
	[SSDA903_UNREADABLE_URN] = { "UNREADABLE_URN", false },
	[SSDA903_AFTER_YEAR] = { "AFTER_YEAR", false },
	[SSDA903_NO_HEADER] = { "NO_HEADER", false },
};

const char *ssda903_kind_name(enum ssda903_kind kind)
{
	return kinds[kind].name;
}

bool ssda903_kind_rejects(enum ssda903_kind kind)
{
	return kinds[kind].rejects;
}

/* What may be said of a column's value: never a birth date, a postcode or a pupil number. */
static const char *personal(const char *column)
{
	static const struct { const char *column, *what; } columns[] = {
		{ "DOB", "a date of birth" }, { "MC_DOB", "a date of birth" }, { "HOME_POST", "a postcode" },
		{ "PL_POST", "a postcode" }, { "UPN", "a pupil number" },
	};
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (strcmp(column, columns[i].column) == 0)
			return columns[i].what;
	return NULL;
}

/* Printable ASCII of a value; what is not becomes '?'. */
static void copy_shown(char *ret_text, size_t size, const char *value)
{
	size_t used = 0;
	for (; value[used] != '\0' && used + 1 < size; used++) {
		unsigned char at = (unsigned char)value[used];
		ret_text[used] = at >= 0x20 && at < 0x7f ? (char)at : '?';
	}
	ret_text[used] = '\0';
}

void ssda903_find(struct ssda903_findings *findings, enum ssda903_kind kind, const char *column, const char *value,
                  const char *format, ...)
{
	if (findings->count == SSDA903_FINDINGS_MOST)
		return;
	struct ssda903_finding *finding = &findings->items[findings->count++];
	finding->kind = kind;
	finding->column = column;
	const char *what = value[0] == '\0' ? NULL : personal(column);
	copy_shown(finding->value, sizeof(finding->value), what != NULL ? what : value);
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(finding->advice, sizeof(finding->advice), format, arguments);
	va_end(arguments);
}

bool ssda903_rejected(const struct ssda903_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		if (ssda903_kind_rejects(findings->items[i].kind))
			return true;
	return false;
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

int ssda903_date(const char *text, int32_t *ret_days)
{
	if (strlen(text) != 10 || text[2] != '/' || text[5] != '/')
		return -1;
	char iso[HEARTH_DATE_SIZE];
	snprintf(iso, sizeof(iso), "%.4s-%.2s-%.2s", text + 6, text + 3, text);
	return hearth_date_parse(iso, ret_days);
}

int ssda903_year_of(int32_t days)
{
	int year, month, day;
	hearth_date_split(days, &year, &month, &day);
	return month >= 4 ? year + 1 : year;
}

bool ssda903_overlap(const struct ssda903_episode *a, const struct ssda903_episode *b)
{
	return a->dec == SSDA903_NO_DATE || a->dec > b->decom;
}

static bool in_force(const struct ssda903_code *code, int year)
{
	return code->from <= year && (code->to == 0 || code->to >= year);
}

bool ssda903_code_known(const struct ssda903_codes *codes, const char *set, const char *code, int year)
{
	for (size_t i = 0; i < codes->count; i++)
		if (codes->items[i].code[0] == code[0] && strcmp(codes->items[i].code, code) == 0
		    && strcmp(codes->items[i].set, set) == 0 && in_force(&codes->items[i], year))
			return true;
	return false;
}

/* "one of S L P T B U", and of a code of other years when it was. */
static void advise_code(const struct ssda903_codes *codes, const char *set, const char *code, int year, size_t size,
                        char *ret_advice)
{
	size_t used = 0;
	for (size_t i = 0; i < codes->count; i++) {
		const struct ssda903_code *item = &codes->items[i];
		if (strcmp(item->set, set) != 0 || strcmp(item->code, code) != 0)
			continue;
		used = (size_t)snprintf(ret_advice, size, item->from > year ? "in force from %d on; " : "in force until %d; ",
		                        item->from > year ? item->from : item->to);
	}
	used += (size_t)snprintf(ret_advice + used, size - used, "one of");
	for (size_t i = 0; i < codes->count && used + SSDA903_CODE_SIZE + 2 < size; i++)
		if (strcmp(codes->items[i].set, set) == 0 && in_force(&codes->items[i], year))
			used += (size_t)snprintf(ret_advice + used, size - used, " %s", codes->items[i].code);
}

/* ---- columns ---------------------------------------------------------------------------------------------------- */

static void check_child(const char *value, char ret_child[SSDA903_CHILD_SIZE], struct ssda903_findings *findings)
{
	size_t size = strlen(value);
	bool good = size > 0 && size < SSDA903_CHILD_SIZE;
	for (size_t i = 0; i < size && good; i++)
		good = isalnum((unsigned char)value[i]) || strchr("-_./", value[i]) != NULL;
	if (good)
		memcpy(ret_child, value, size + 1);
	else
		ssda903_find(findings, SSDA903_MISSING_KEY, "CHILD", size == 0 ? "" : "another text",
		             "the child's key in this authority: 1 to 64 letters and digits");
}

static void check_date(const char *value, const char *column, bool required, int32_t *ret_days,
                       struct ssda903_findings *findings)
{
	*ret_days = SSDA903_NO_DATE;
	if (value[0] == '\0' && !required)
		return;
	if (ssda903_date(value, ret_days) != 0)
		ssda903_find(findings, SSDA903_UNREADABLE_DATE, column, value, "a day of 1900 to 2199 as dd/mm/yyyy");
}

static void check_code(const char *value, const char *set, bool required, const struct ssda903_codes *codes, int year,
                       char ret_code[SSDA903_CODE_SIZE], struct ssda903_findings *findings)
{
	char code[SSDA903_CODE_SIZE];
	ret_code[0] = '\0';
	if (value[0] == '\0' && !required)
		return;
	size_t size = strlen(value);
	for (size_t i = 0; i <= size && i < sizeof(code); i++)
		code[i] = (char)toupper((unsigned char)value[i]);
	if (size > 0 && size < sizeof(code) && ssda903_code_known(codes, set, code, year)) {
		memcpy(ret_code, code, size + 1);
		return;
	}
	char advice[sizeof(findings->items[0].advice)];
	code[sizeof(code) - 1] = '\0';
	advise_code(codes, set, code, year, sizeof(advice), advice);
	ssda903_find(findings, SSDA903_UNKNOWN_CODE, set, value, "%s", advice);
}

/* Full postcodes, and the outward part or a sector of a return that has been made less exact. */
static void check_postcode(const char *value, const char *column, char ret_outward[5], struct ssda903_findings *findings)
{
	char full[9], outward[8];
	ret_outward[0] = '\0';
	if (value[0] == '\0')
		return;
	if (hearth_postcode_normalise(value, full) == 0 && hearth_postcode_outward(full, ret_outward) == 0)
		return;
	size_t size = strcspn(value, " ");
	if (size < sizeof(outward) && strlen(value) <= size + 2) {
		memcpy(outward, value, size);
		outward[size] = '\0';
		if (hearth_postcode_outward(outward, ret_outward) == 0)
			return;
	}
	ret_outward[0] = '\0';
	ssda903_find(findings, SSDA903_UNREADABLE_POSTCODE, column, value, "a postcode such as B1 1AA; it stays unknown");
}

/* Seven digits, SC and six digits; XXXXXXX says that there is none. */
static void check_urn(const char *value, char ret_urn[12], struct ssda903_findings *findings)
{
	ret_urn[0] = '\0';
	if (value[0] == '\0' || hearth_text_same(value, "XXXXXXX"))
		return;
	bool scheme = (value[0] == 'S' || value[0] == 's') && (value[1] == 'C' || value[1] == 'c');
	size_t digits = strspn(value + (scheme ? 2 : 0), "0123456789");
	if (digits != (scheme ? 6 : 7) || value[digits + (scheme ? 2 : 0)] != '\0') {
		ssda903_find(findings, SSDA903_UNREADABLE_URN, "URN", value,
		             "seven digits, SC and six digits, or XXXXXXX; it stays unknown");
		return;
	}
	snprintf(ret_urn, 12, "%s%.7s", scheme ? "SC" : "", value + (scheme ? 2 : 0));
}

static void check_sex(const char *value, char ret_sex[2], struct ssda903_findings *findings)
{
	static const struct { const char *code, *sex; } sexes[] = {
		{ "1", "M" }, { "2", "F" }, { "M", "M" }, { "F", "F" }, { "U", "U" },
	};
	ret_sex[0] = '\0';
	for (size_t i = 0; i < sizeof(sexes) / sizeof(sexes[0]); i++)
		if (hearth_text_same(value, sexes[i].code))
			memcpy(ret_sex, sexes[i].sex, 2);
	if (ret_sex[0] == '\0')
		ssda903_find(findings, SSDA903_UNKNOWN_CODE, "SEX", value, "one of M F U (1 2 in returns until 2024)");
}

/* ---- rows ------------------------------------------------------------------------------------------------------- */

static void check_end(const char *const *fields, int year, struct ssda903_episode *ret, struct ssda903_findings *findings)
{
	if (ret->dec != SSDA903_NO_DATE && ret->decom != SSDA903_NO_DATE && ret->dec <= ret->decom)
		ssda903_find(findings, SSDA903_END_NOT_AFTER_START, "DEC", fields[DEC], "a day after DECOM (%s), or nothing",
		             fields[DECOM]);
	if (ret->dec == SSDA903_NO_DATE && fields[DEC][0] == '\0' && ret->rec[0] != '\0') {
		ssda903_find(findings, SSDA903_REC_ON_OPEN, "REC", fields[REC],
		             "nothing while DEC is empty; loaded as open, without it");
		ret->rec[0] = '\0';
	}
	if (ret->dec != SSDA903_NO_DATE && fields[REC][0] == '\0')
		ssda903_find(findings, SSDA903_NO_REC, "REC", "", "why the episode ceased, since DEC is given");
	if (ret->decom != SSDA903_NO_DATE && ssda903_year_of(ret->decom) > year)
		ssda903_find(findings, SSDA903_AFTER_YEAR, "DECOM", fields[DECOM], "a day until 31/03/%d", year);
}

bool ssda903_check_episode(const char *const *fields, const struct ssda903_codes *codes, int year,
                           struct ssda903_episode *ret, struct ssda903_findings *findings)
{
	struct ssda903_episode row = { .decom = SSDA903_NO_DATE };
	check_child(fields[CHILD], row.child, findings);
	if (fields[DECOM][0] == '\0')
		ssda903_find(findings, SSDA903_MISSING_KEY, "DECOM", "", "the day the episode began, as dd/mm/yyyy");
	check_date(fields[DECOM], "DECOM", false, &row.decom, findings);
	check_code(fields[RNE], "RNE", true, codes, year, row.rne, findings);
	check_code(fields[LS], "LS", true, codes, year, row.ls, findings);
	check_code(fields[CIN], "CIN", true, codes, year, row.cin, findings);
	check_code(fields[PLACE], "PLACE", true, codes, year, row.place, findings);
	check_code(fields[PLACE_PROVIDER], "PLACE_PROVIDER", false, codes, year, row.place_provider, findings);
	check_date(fields[DEC], "DEC", false, &row.dec, findings);
	check_code(fields[REC], "REC", false, codes, year, row.rec, findings);
	check_code(fields[REASON], "REASON_PLACE_CHANGE", false, codes, year, row.reason, findings);
	check_postcode(fields[HOME_POST], "HOME_POST", row.home_outward, findings);
	check_postcode(fields[PL_POST], "PL_POST", row.place_outward, findings);
	check_urn(fields[URN], row.urn, findings);
	check_end(fields, year, &row, findings);
	if (ssda903_rejected(findings))
		return false;
	*ret = row;
	return true;
}

bool ssda903_check_header(const char *const *fields, struct ssda903_child *ret, struct ssda903_findings *findings)
{
	struct ssda903_child row = { .born = SSDA903_NO_DATE };
	int32_t other;
	check_child(fields[CHILD], row.child, findings);
	check_sex(fields[H_SEX], row.sex, findings);
	check_date(fields[H_DOB], "DOB", true, &row.born, findings);
	check_date(fields[H_MC_DOB], "MC_DOB", false, &other, findings);
	if (ssda903_rejected(findings))
		return false;
	*ret = row;
	return true;
}

bool ssda903_check_uasc(const char *const *fields, struct ssda903_child *ret, struct ssda903_findings *findings)
{
	struct ssda903_child row = { .born = SSDA903_NO_DATE, .unaccompanied = true };
	int32_t ceased;
	check_child(fields[CHILD], row.child, findings);
	check_sex(fields[H_SEX], row.sex, findings);
	check_date(fields[H_DOB], "DOB", true, &row.born, findings);
	check_date(fields[U_DUC], "DUC", false, &ceased, findings);
	if (ssda903_rejected(findings))
		return false;
	*ret = row;
	return true;
}
