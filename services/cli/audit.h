/* audit.h: what verify and export share: the entries of one service's audit, page by page. */
#ifndef HEARTH_CLI_AUDIT_H
#define HEARTH_CLI_AUDIT_H

#include <hearth/audit/v1/audit.pb-c.h>

#include "cli.h"

typedef Hearth__Audit__V1__Entry audit_entry;

/* What to list; texts may be NULL. The stream holds one page, in an arena of its own. */
struct audit_stream {
	struct cli *cli;
	const char *service;
	Hearth__Audit__V1__ListEntriesRequest request;
	struct hearth_arena *arena;
	Hearth__Audit__V1__ListEntriesResponse *page;
	size_t at;
	int64_t taken;
};

void audit_stream_open(struct audit_stream *stream, struct cli *cli, const char *service);
/* The next entry without taking it; NULL in *ret_entry at the end. 0, or -1 and a status. */
int audit_stream_peek(struct audit_stream *stream, const audit_entry **ret_entry, struct hearth_status *status);
void audit_stream_take(struct audit_stream *stream);
void audit_stream_close(struct audit_stream *stream);

/* One call of hearth.audit.v1.Audit. */
int audit_call(struct cli *cli, const char *service, const char *method, const ProtobufCMessage *request,
               const ProtobufCMessageDescriptor *reply, struct hearth_arena *arena, void *ret_reply,
               struct hearth_status *status);
/* Microseconds since 1970. */
int64_t audit_time(const Google__Protobuf__Timestamp *time);
/* The services that are named (none: all); argv[1] to argv[argc - 1]. CLI_USAGE for one that is none. */
int audit_services(const char *command, int argc, char **argv, const char *ret_names[], size_t room, size_t *ret_count);

int cli_audit_verify(struct cli *cli, int argc, char **argv);
int cli_audit_export(struct cli *cli, int argc, char **argv);
extern const char cli_audit_verify_help[], cli_audit_export_help[];

#endif
