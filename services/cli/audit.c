/* audit.c: `hearth audit`: which of its commands, and the stream of entries that they read. */
#include <stdlib.h>
#include <string.h>

#include "audit.h"

#define PAGE 500
#define CALL_MS 30000

const char cli_audit_help[] =
	"Usage: hearth audit verify|export ...\n"
	"\n"
	"  hearth help audit verify   has anybody changed what was noted?\n"
	"  hearth help audit export   who wrote and who read what, as CSV or JSON lines\n";

static const struct cli_command audits[] = {
	{"verify", "has anybody changed what was noted?", cli_audit_verify_help, cli_audit_verify},
	{"export", "who wrote and who read what", cli_audit_export_help, cli_audit_export},
	{0},
};

const struct cli_command *cli_audit_find(const char *name)
{
	for (const struct cli_command *command = audits; command->name != NULL; command++)
		if (strcmp(command->name, name) == 0)
			return command;
	return NULL;
}

int cli_audit(struct cli *cli, int argc, char **argv)
{
	if (argc < 2)
		return cli_usage("audit", "what shall be done is missing: verify or export");
	const struct cli_command *command = cli_audit_find(argv[1]);
	if (command == NULL)
		return cli_usage("audit", "\"%s\" is neither verify nor export", argv[1]);
	argv[1] = hearth_arena_printf(cli->arena, "audit %s", command->name);
	return command->run(cli, argc - 1, argv + 1);
}

int audit_services(const char *command, int argc, char **argv, const char *ret_names[], size_t room, size_t *ret_count)
{
	size_t count = 0;
	for (int i = 1; i < argc && count < room; i++) {
		if (cli_service_find(argv[i]) == NULL)
			return cli_usage(command, "there is no service \"%s\"", argv[i]);
		ret_names[count++] = argv[i];
	}
	for (const struct cli_service *service = cli_services; argc < 2 && service->name != NULL && count < room; service++)
		ret_names[count++] = service->name;
	*ret_count = count;
	return CLI_OK;
}

int64_t audit_time(const Google__Protobuf__Timestamp *time)
{
	return time != NULL ? time->seconds * 1000000 + time->nanos / 1000 : 0;
}

int audit_call(struct cli *cli, const char *service, const char *method, const ProtobufCMessage *request,
               const ProtobufCMessageDescriptor *reply, struct hearth_arena *arena, void *ret_reply,
               struct hearth_status *status)
{
	char name[128];
	ProtobufCMessage *message;
	if (cli->timeout_ms == 0)
		cli->timeout_ms = CALL_MS;
	snprintf(name, sizeof name, "%s:hearth.audit.v1.Audit/%s", service, method);
	if (cli_call(cli, name, request, reply, NULL, arena, &message, NULL, status) != 0)
		return hearth_fail_context(status, "%s", service);
	*(ProtobufCMessage **)ret_reply = message;
	return 0;
}

/* ---- entries ---- */

void audit_stream_open(struct audit_stream *stream, struct cli *cli, const char *service)
{
	*stream = (struct audit_stream){.cli = cli, .service = service, .arena = hearth_arena_new()};
	hearth__audit__v1__list_entries_request__init(&stream->request);
	stream->request.page_size = PAGE;
}

void audit_stream_close(struct audit_stream *stream)
{
	hearth_arena_free(&stream->arena);
}

static int next_page(struct audit_stream *stream, struct hearth_status *status)
{
	char *token = NULL;
	if (stream->page != NULL)
		token = hearth_strdup(stream->page->next_page_token);
	hearth_arena_reset(stream->arena);
	stream->request.page_token = token != NULL ? hearth_arena_strdup(stream->arena, token) : (char *)"";
	free(token);
	stream->at = 0;
	stream->page = NULL;
	return audit_call(stream->cli, stream->service, "ListEntries", &stream->request.base,
	                  &hearth__audit__v1__list_entries_response__descriptor, stream->arena, &stream->page, status);
}

int audit_stream_peek(struct audit_stream *stream, const audit_entry **ret_entry, struct hearth_status *status)
{
	while (stream->page == NULL || (stream->at == stream->page->n_entries && stream->page->next_page_token[0] != '\0'))
		if (next_page(stream, status) != 0)
			return -1;
	*ret_entry = stream->at < stream->page->n_entries ? stream->page->entries[stream->at] : NULL;
	return 0;
}

void audit_stream_take(struct audit_stream *stream)
{
	stream->at++;
	stream->taken++;
}
