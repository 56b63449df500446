/* ofsted.h: what the words of a published list of settings mean. Publishers spell them differently from year to year, so
 * they are read by meaning: capitals, spaces and signs do not matter, nor what stands around the telling word.
 */
#ifndef PROVIDERS_OFSTED_H
#define PROVIDERS_OFSTED_H

#include <stdbool.h>

enum ofsted_what {
	OFSTED_UNKNOWN,          /* not understood */
	OFSTED_ELSE,             /* no home for a child in care: an adoption agency, a boarding school, ... */
	OFSTED_HOME,
	OFSTED_AGENCY            /* fostering: its households are homes, not itself */
};
struct ofsted_provision {
	enum ofsted_what what;
	const char *kind;        /* as HomeKind; NULL unless OFSTED_HOME */
};
struct ofsted_provision ofsted_provision(const char *text);

/* Whose it is: NULL when the text is not understood. */
struct ofsted_sector { const char *sector, *code; };     /* as Sector; SSDA903 provider code, NULL: several would do */
bool ofsted_sector(const char *text, struct ofsted_sector *ret_sector);

/* REGISTERED, APPLIED, NOT_REGISTERED, SUSPENDED; NULL: not understood. */
const char *ofsted_status(const char *text);
/* FULL, INTERIM, ASSURANCE, MONITORING, OTHER; an empty text is OTHER. */
const char *ofsted_inspection_type(const char *text);
/* A code of the scale of its kind of home (NULL: an agency); "": it gave none; NULL: not understood. */
const char *ofsted_outcome(const char *text, const char *kind);

#endif
