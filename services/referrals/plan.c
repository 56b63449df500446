/* plan.c: what several plans of this service do. */
#include "referrals.h"

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
