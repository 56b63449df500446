/* watch_print.c: an event as one line, for people or as JSON. The data is decoded by the event's type. */
#include <stdlib.h>
#include <string.h>

#include <hearth/clock.h>
#include <hearth/events/v1/events.pb-c.h>

#include "control.h"
#include "watch.h"

#define DATA_MOST 160
#define SUBJECT_WIDTH 46

/* The data as JSON; NULL for a type that this program does not know (a newer source). */
static json_t *decode(const Hearth__Events__V1__Event *event, struct hearth_arena *arena)
{
	const struct cli_event *known = cli_event_find(event->type);
	if (known == NULL)
		return NULL;
	ProtobufCMessage *message =
		protobuf_c_message_unpack(known->message, hearth_arena_allocator(arena), event->data.len, event->data.data);
	return message != NULL ? hearth_json_encode(message, HEARTH_JSON_PUBLIC) : NULL;
}

json_t *watch_json(const Hearth__Events__V1__Event *event, struct hearth_arena *arena)
{
	json_t *line = hearth_json_encode(&event->base, 0), *data = decode(event, arena);
	json_object_del(line, "data");
	if (data != NULL)
		json_object_set_new(line, "data", data);
	return line;
}

static int widest_type(void)
{
	size_t widest = 0;
	for (const struct cli_event *event = cli_events; event->type != NULL; event++)
		if (strlen(event->type) > widest)
			widest = strlen(event->type);
	return (int)widest;
}

static void print_text(const Hearth__Events__V1__Event *event, struct hearth_arena *arena)
{
	char time[HEARTH_TIME_SIZE], data[DATA_MOST + 1] = "";
	hearth_time_format(control_time(event->time), time);
	json_t *decoded = decode(event, arena);
	if (decoded != NULL) {
		char *text = json_dumps(decoded, JSON_COMPACT);
		hearth_text_copy(data, sizeof data, text);
		if (strlen(text) > strlen(data))
			hearth_text_copy(data + strlen(data) - 3, 4, "...");
		free(text);
		json_decref(decoded);
	}
	printf("%.19sZ  %-*s  %-*s  %s%s\n", time, widest_type(), event->type, SUBJECT_WIDTH, event->subject,
	       event->historical ? "(past) " : "", data);
}

void watch_print(const Hearth__Events__V1__Event *event, bool as_json, struct hearth_arena *arena)
{
	if (as_json)
		cli_print_json(watch_json(event, arena), true);
	else
		print_text(event, arena);
}
