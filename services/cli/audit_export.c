/* audit_export.c: `hearth audit export`: who wrote and who read what, as CSV or JSON lines. */
#include <inttypes.h>
#include <string.h>

#include <hearth/clock.h>
#include <hearth/v1/common.pb-c.h>

#include "audit.h"

const char cli_audit_export_help[] =
	"Usage: hearth audit export [SERVICE]... [--subject ID] [--by ACTOR] [--since TIME]\n"
	"                           [--until TIME]\n"
	"\n"
	"Entries of the audit, oldest first, service by service (all, unless some are named), as CSV\n"
	"with a head line; with --json one object a line. With --authority those of one authority; an\n"
	"operator without sees all.\n"
	"  --subject ID       about a child: under its own id and those of its records; or one record\n"
	"  --by ACTOR         what one actor wrote and read\n"
	"  --since, --until   dates or UTC times (2026-01-05, 2026-01-05T09:00:00Z); until is not\n"
	"                     included\n"
	"Roles OPERATOR, or SYSTEM for its own authority. The export itself is noted.\n";

#define SERVICES_MOST 32

struct filter {
	const char *subject, *by, *since, *until;
};

static const char *roles_text(struct hearth_arena *arena, int32_t roles)
{
	const ProtobufCEnumDescriptor *names = &hearth__v1__role__descriptor;
	const char *text = "";
	for (unsigned i = 0; i < names->n_values; i++)
		if (names->values[i].value > 0 && ((uint32_t)roles >> names->values[i].value & 1) != 0)
			text = hearth_arena_printf(arena, "%s%s%s", text, text[0] != '\0' ? " " : "", names->values[i].name);
	return text;
}

/* Always quoted: an actor's id is what its system made it; and led so that no spreadsheet takes it for a formula. */
static void print_cell(const char *text, bool last)
{
	putchar('"');
	if (text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL)
		putchar('\'');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			putchar('"');
		putchar(*text);
	}
	fputs(last ? "\"\r\n" : "\",", stdout);
}

static void print_csv(struct hearth_arena *arena, const char *service, const audit_entry *entry)
{
	char at[HEARTH_TIME_SIZE];
	const char *ids = "";
	hearth_time_format(audit_time(entry->at), at);
	for (size_t i = 0; i < entry->n_ids; i++)
		ids = i == 0 ? entry->ids[0] : hearth_arena_printf(arena, "%s %s", ids, entry->ids[i]);
	const char *cells[] = {service, hearth_arena_printf(arena, "%" PRId64, entry->id), at, entry->kind, entry->authority,
	                       entry->actor, roles_text(arena, entry->roles), entry->method, entry->request_id,
	                       entry->traceparent, entry->subject, entry->record,
	                       hearth_arena_printf(arena, "%d", entry->records), ids};
	size_t count = sizeof cells / sizeof cells[0];
	for (size_t i = 0; i < count; i++)
		print_cell(cells[i], i + 1 == count);
}

static void print_json(struct hearth_arena *arena, const char *service, const audit_entry *entry)
{
	json_t *row = hearth_json_encode(&entry->base, HEARTH_JSON_DEFAULTS);
	json_object_set_new(row, "service", json_string(service));
	json_object_set_new(row, "roles", json_string(roles_text(arena, entry->roles)));
	cli_print_json(row, true);
}

static Google__Protobuf__Timestamp *timestamp(struct hearth_arena *arena, int64_t us)
{
	Google__Protobuf__Timestamp *time = hearth_arena_alloc(arena, sizeof *time);
	google__protobuf__timestamp__init(time);
	time->seconds = us / 1000000;
	time->nanos = (int32_t)(us % 1000000) * 1000;
	return time;
}

static int read_time(struct cli *cli, const char *name, const char *text, Google__Protobuf__Timestamp **ret_time)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	int64_t us;
	if (text == NULL)
		return CLI_OK;
	const char *full = strchr(text, 'T') != NULL ? text : hearth_arena_printf(cli->arena, "%sT00:00:00Z", text);
	if (hearth_time_parse(full, &us, &status) != 0 || us < 0)
		return cli_usage("audit export", "--%s: \"%s\" is no date or UTC time", name, text);
	*ret_time = timestamp(cli->arena, us);
	return CLI_OK;
}

static int export_service(struct cli *cli, const char *service, const struct filter *filter,
                          Google__Protobuf__Timestamp *since, Google__Protobuf__Timestamp *until)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct audit_stream stream;
	const audit_entry *entry;
	struct hearth_arena *arena = hearth_arena_new();
	audit_stream_open(&stream, cli, service);
	if (filter->subject != NULL)
		stream.request.subject = hearth_arena_strdup(cli->arena, filter->subject);
	if (filter->by != NULL)
		stream.request.actor = hearth_arena_strdup(cli->arena, filter->by);
	stream.request.since = since;
	stream.request.until = until;
	int outcome;
	while ((outcome = audit_stream_peek(&stream, &entry, &status)) == 0 && entry != NULL) {
		if (cli->json)
			print_json(arena, service, entry);
		else
			print_csv(arena, service, entry);
		hearth_arena_reset(arena);
		audit_stream_take(&stream);
	}
	audit_stream_close(&stream);
	hearth_arena_free(&arena);
	return outcome == 0 ? CLI_OK : cli_fail(&status);
}

int cli_audit_export(struct cli *cli, int argc, char **argv)
{
	struct filter filter = {0};
	const struct cli_option options[] = {{"subject", CLI_TEXT, &filter.subject},
	                                     {"by", CLI_TEXT, &filter.by},
	                                     {"since", CLI_TEXT, &filter.since},
	                                     {"until", CLI_TEXT, &filter.until},
	                                     {0}};
	Google__Protobuf__Timestamp *since = NULL, *until = NULL;
	const char *names[SERVICES_MOST];
	size_t count;
	int code = cli_parse(&argc, argv, options);
	if (code == CLI_OK)
		code = audit_services("audit export", argc, argv, names, SERVICES_MOST, &count);
	if (code == CLI_OK)
		code = read_time(cli, "since", filter.since, &since);
	if (code == CLI_OK)
		code = read_time(cli, "until", filter.until, &until);
	if (code != CLI_OK)
		return code;
	if (!cli->json)
		fputs("service,id,at,kind,authority,actor,roles,method,request_id,traceparent,subject,record,records,ids\r\n", stdout);
	for (size_t i = 0; i < count && code == CLI_OK; i++)
		code = export_service(cli, names[i], &filter, since, until);
	return fflush(stdout) == 0 ? code : CLI_FAILED;
}
