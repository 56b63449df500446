/* world.h: one authority's small world in a running suite, made by calls alone: children, referrals, offers, a held
 * place, placements that began, moved, ended and broke down, agreements with a ledger, a care leaver. Two worlds in one
 * suite share homes and have the same external ids. Every write method of every contract is called at least once.
 *
 * Names that a world knows, as "$name" in requests: child (lives in placement), child2 to child4, referral (of
 * placement), referral2 (a draft), open (an open referral with offer3, OFFERED), offer, placement (STARTED), planned
 * (PLANNED, with the hold $held), agreement (of placement), home, home2, provider. A failure fails the test.
 */
#ifndef TESTS_INTEGRATION_WORLD_H
#define TESTS_INTEGRATION_WORLD_H

#include <stdbool.h>
#include <jansson.h>
#include <hearth/client.h>

#include "../support/suite.h"
#include "catalogue.h"

#define WORLD_CLOCK "2024-06-03T09:00:00Z"
#define WORLD_BORN "2007-03-01"

struct world {
	struct suite *suite;
	char authority[4];
	char born[11];
	bool twice;                  /* each write again with the same request id, and what that changes is compared */
	struct { char name[16], value[64]; } names[64];
	size_t name_count;
};

/* This process's client of an authority, with every role. */
struct hearth_client *world_client(struct suite *suite, const char *authority);
/* One call as `row` describes it. The reply as JSON with defaults, or NULL and the status. Roles: all. */
struct world_answer {
	struct hearth_status status;
	json_t *reply;
	bool replayed;
};
struct world_answer world_ask(struct suite *suite, const char *authority, const struct catalogue_row *row,
                              const char *request, const struct hearth_uuid *request_id);

/* Builds it; `born` is the date of birth of its children (NULL: WORLD_BORN). */
void world_build(struct world *world, struct suite *suite, const char *authority, const char *born, bool twice);
/* The request with its $names and quotes replaced; to be freed. */
char *world_fill(const struct world *world, const char *request);
/* Whether building one calls the method. */
bool world_calls(const char *service, const char *method);
const char *world_value(const struct world *world, const char *name);

#endif
