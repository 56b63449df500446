/* ofsted.c: words of a published list of settings by their meaning. See ofsted.h. Pure. */
#include "ofsted.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#define MOST_TEXT 256

struct word { const char *holds, *means; };

/* Small letters and digits alone. */
static void plain(const char *text, char ret_plain[MOST_TEXT])
{
	size_t size = 0;
	for (; *text && size + 1 < MOST_TEXT; text++)
		if (isalnum((unsigned char)*text))
			ret_plain[size++] = (char)tolower((unsigned char)*text);
	ret_plain[size] = '\0';
}

/* The first word of the table that the text holds; NULL: none. */
static const struct word *find(const char *text, const struct word *words)
{
	char letters[MOST_TEXT];
	plain(text, letters);
	for (; words->holds; words++)
		if (strstr(letters, words->holds))
			return words;
	return NULL;
}

struct ofsted_provision ofsted_provision(const char *text)
{
	/* What tells one from another stands before what they share. */
	static const struct word words[] = {
		{ "adoption", "" }, { "familycentre", "" }, { "boarding", "" }, { "holiday", "" }, { "furthereducation", "" },
		{ "trainingcentre", "" }, { "fostering", "AGENCY" },
		{ "supportedaccommodation", "SUPPORTED_ACCOMMODATION" }, { "supportedlodging", "SUPPORTED_LODGINGS" },
		{ "securechildrenshome", "SECURE_CHILDRENS_HOME" }, { "secureaccommodation", "SECURE_CHILDRENS_HOME" },
		{ "specialschool", "RESIDENTIAL_SPECIAL_SCHOOL" }, { "shortbreak", "SHORT_BREAKS" },
		{ "childrenshome", "CHILDRENS_HOME" }, { NULL, NULL },
	};
	const struct word *word = find(text, words);
	if (!word)
		return (struct ofsted_provision){ OFSTED_UNKNOWN, NULL };
	if (!*word->means)
		return (struct ofsted_provision){ OFSTED_ELSE, NULL };
	if (strcmp(word->means, "AGENCY") == 0)
		return (struct ofsted_provision){ OFSTED_AGENCY, NULL };
	return (struct ofsted_provision){ OFSTED_HOME, word->means };
}

bool ofsted_sector(const char *text, struct ofsted_sector *ret_sector)
{
	static const struct word words[] = {
		{ "localauthority", "PR2" }, { "council", "PR2" }, { "health", "PR3" }, { "academy", "PR3" }, { "maintained", "PR3" },
		{ "public", "PR3" }, { "private", "PR4" }, { "voluntary", "PR5" }, { "charit", "PR5" }, { "independent", "" },
		{ NULL, NULL },
	};
	const struct word *word = find(text, words);
	if (!word)
		return false;
	bool others = word->means[0] == '\0' || word->means[2] >= '4';
	*ret_sector = (struct ofsted_sector){ others ? "INDEPENDENT" : "OTHER_PUBLIC", word->means[0] ? word->means : NULL };
	return true;
}

const char *ofsted_status(const char *text)
{
	static const struct word words[] = {
		{ "suspen", "SUSPENDED" }, { "proposed", "APPLIED" }, { "applica", "APPLIED" }, { "applied", "APPLIED" },
		{ "pending", "APPLIED" }, { "notregistered", "NOT_REGISTERED" }, { "unregistered", "NOT_REGISTERED" },
		{ "deregistered", "NOT_REGISTERED" }, { "closed", "NOT_REGISTERED" }, { "resign", "NOT_REGISTERED" },
		{ "cancel", "NOT_REGISTERED" }, { "refus", "NOT_REGISTERED" }, { "active", "REGISTERED" },
		{ "registered", "REGISTERED" }, { "open", "REGISTERED" }, { NULL, NULL },
	};
	char letters[MOST_TEXT];
	plain(text, letters);
	if (strcmp(letters, "inactive") == 0)
		return NULL;             /* neither open nor closed */
	const struct word *word = find(text, words);
	return word ? word->means : NULL;
}

const char *ofsted_inspection_type(const char *text)
{
	static const struct word words[] = {
		{ "full", "FULL" }, { "interim", "INTERIM" }, { "assurance", "ASSURANCE" }, { "monitoring", "MONITORING" },
		{ NULL, NULL },
	};
	const struct word *word = find(text, words);
	return word ? word->means : "OTHER";
}

const char *ofsted_outcome(const char *text, const char *kind)
{
	static const struct word grades[] = {
		{ "notjudged", "" }, { "nojudgement", "" }, { "notapplicable", "" }, { "outstanding", "OUTSTANDING" },
		{ "requiresimprovement", "REQUIRES_IMPROVEMENT" }, { "inadequate", "INADEQUATE" }, { "adequate", "ADEQUATE" },
		{ "good", "GOOD" }, { NULL, NULL },
	};
	/* The framework's sentences for supported accommodation, and its numbers. */
	static const struct word outcomes[] = {
		{ "notjudged", "" }, { "nojudgement", "" }, { "notapplicable", "" }, { "inconsistent", "SUPPORTED_INCONSISTENT" },
		{ "consistentlystrong", "SUPPORTED_STRONG" }, { "typicallypositive", "SUPPORTED_STRONG" },
		{ "seriousorwidespread", "SUPPORTED_WEAK" }, { "widespread", "SUPPORTED_WEAK" }, { "serious", "SUPPORTED_WEAK" },
		{ "outcome1", "SUPPORTED_STRONG" }, { "outcome2", "SUPPORTED_INCONSISTENT" }, { "outcome3", "SUPPORTED_WEAK" },
		{ NULL, NULL },
	};
	bool supported = kind && strncmp(kind, "SUPPORTED_", 10) == 0;
	char letters[MOST_TEXT];
	plain(text, letters);
	if (!letters[0])
		return "";
	const struct word *word = find(text, supported ? outcomes : grades);
	return word ? word->means : NULL;
}
