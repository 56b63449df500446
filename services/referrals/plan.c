/* plan.c: what several plans of this service do. */
#include "referrals.h"

#include <string.h>

#include <hearth/text.h>
#include "reference.h"

void referrals_bind_states(struct hearth_call *call, enum referrals_event event)
{
	const char *from[REFERRALS_STATES_MOST];
	size_t count = referrals_states_from(event, from);
	hearth_bind_texts(call, "from_states", count, from);
	hearth_bind_text(call, "to_state", referrals_state_to(event));
}

void referrals_bind_identity(struct hearth_call *call, const char *given)
{
	static const char *const names[] = { "reference", "reference_second", "reference_long" };
	char id[HEARTH_UUID_SIZE], text[REFERRALS_REFERENCE_SIZE];
	struct hearth_uuid uuid;
	for (size_t i = 0; i < 3; i++) {
		hearth_uuid_new(&uuid);
		/* The last seven bytes of a UUID are random through and through. */
		if (i < 2)
			referrals_reference_short(uuid.bytes + 9, text);
		else
			referrals_reference_long(uuid.bytes + 9, text);
		hearth_bind_text(call, names[i], text);
	}
	hearth_uuid_new(&uuid);
	hearth_uuid_format(&uuid, id);
	hearth_bind_text(call, "id", given && *given ? given : id);
}

int referrals_check_code(const char *value, const char *field, struct hearth_status *status)
{
	size_t size = strlen(value);
	if (size >= 1 && size <= 40 && strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == size)
		return 0;
	return hearth_fail_field(status, field, "%s is no code: 1 to 40 of A-Z, 0-9 and _ are wanted", field);
}
