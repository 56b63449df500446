/* actor.c: for whom a call is made, as far as the key of its connection goes.
 *
 * A gateway's and an operator's key are believed whom they name. A service is itself, and does not tell another what to
 * do. A system is itself, with the authority and roles that its key is bound to, or fewer roles. What a call claims
 * beyond that is refused, not cut down: whoever sends it should know.
 */
#include "process.h"

#include <string.h>

#include <hearth/v1/common.pb-c.h>

#include "trust.h"

static bool is_text(struct hearth_slice slice, const char *text)
{
	return slice.size == strlen(text) && memcmp(slice.at, text, slice.size) == 0;
}

static struct hearth_slice slice_of(const char *text)
{
	return (struct hearth_slice){ text, strlen(text) };
}

/* What is left out is filled in; what is there must be the key's own. */
static int settle_own(const struct hearth_identity *who, const char *authority, uint32_t roles,
                      struct hearth_request_header *header, struct hearth_status *status)
{
	if (header->actor_id.size > 0 && !is_text(header->actor_id, who->name))
		return hearth_fail(status, HEARTH_PERMISSION_DENIED, "KEY_ACTOR", "the key of %s calls for nobody else", who->name);
	if (header->actor_authority.size > 0 && !is_text(header->actor_authority, authority))
		return hearth_fail(status, HEARTH_PERMISSION_DENIED, "KEY_AUTHORITY", "the key of %s is not of that authority",
		                   who->name);
	if (header->roles & ~roles)
		return hearth_fail(status, HEARTH_PERMISSION_DENIED, "KEY_ROLE", "the key of %s does not have all of those roles",
		                   who->name);
	header->actor_id = slice_of(who->name);
	header->actor_authority = slice_of(authority);
	header->roles = header->roles ? header->roles : roles;
	return 0;
}

int hearth_actor_settle(const struct hearth_identity *who, const struct hearth_method *method,
                        struct hearth_request_header *header, struct hearth_status *status)
{
	bool between = method->roles != HEARTH_ANYONE && (method->roles & HEARTH_BETWEEN_SERVICES);

	if (between && who->kind != HEARTH_KEY_OF_SERVICE && who->kind != HEARTH_KEY_OF_OPERATOR)
		return hearth_fail(status, HEARTH_PERMISSION_DENIED, "KEY_KIND", "%s is for services: the key of %s is a %s's",
		                   method->name, who->name, hearth_key_kind_name(who->kind));
	switch (who->kind) {
	case HEARTH_KEY_OF_SERVICE:
		if (method->kind == HEARTH_WRITE)
			return hearth_fail(status, HEARTH_PERMISSION_DENIED, "KEY_KIND",
			                   "%s is for people and systems: the key of %s is a service's", method->name, who->name);
		return settle_own(who, "", HEARTH_ROLE(HEARTH__V1__ROLE__SYSTEM), header, status);
	case HEARTH_KEY_OF_SYSTEM:
		return settle_own(who, who->authority, who->roles, header, status);
	case HEARTH_KEY_OF_GATEWAY:
	case HEARTH_KEY_OF_OPERATOR:
		break;
	}
	return 0;
}
