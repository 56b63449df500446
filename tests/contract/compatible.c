/* compatible.c: what of a set of contracts breaks who was built with an older one. See compatible.h.
 *
 * Symbols are looked for by name within what holds them, so that a message may move to another file of its package. */
#include "compatible.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define NAME_MOST 256

typedef Google__Protobuf__FileDescriptorSet set_proto;
typedef Google__Protobuf__FileDescriptorProto file_proto;
typedef Google__Protobuf__DescriptorProto message_proto;
typedef Google__Protobuf__FieldDescriptorProto field_proto;
typedef Google__Protobuf__EnumDescriptorProto enum_proto;
typedef Google__Protobuf__EnumValueDescriptorProto value_proto;
typedef Google__Protobuf__ServiceDescriptorProto service_proto;
typedef Google__Protobuf__MethodDescriptorProto method_proto;

struct comparison {
	incompatible_found *found;
	void *context;
	size_t count;
};

static void __attribute__((format(printf, 2, 3))) tell(struct comparison *comparison, const char *format, ...)
{
	char sentence[3 * NAME_MOST];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(sentence, sizeof sentence, format, arguments);
	va_end(arguments);
	comparison->count++;
	comparison->found(comparison->context, sentence);
}

static const char *or_none(const char *text)
{
	return text != NULL ? text : "";
}

static bool same(const char *a, const char *b)
{
	return strcmp(or_none(a), or_none(b)) == 0;
}

static void join(char ret_name[NAME_MOST], const char *scope, const char *name)
{
	snprintf(ret_name, NAME_MOST, "%s%s%s", scope, scope[0] != '\0' ? "." : "", name);
}

/* ---- fields ---- */

static const field_proto *field_numbered(const message_proto *message, int number)
{
	for (size_t i = 0; i < message->n_field; i++)
		if (message->field[i]->number == number)
			return message->field[i];
	return NULL;
}

static const field_proto *field_named(const message_proto *message, const char *name)
{
	for (size_t i = 0; i < message->n_field; i++)
		if (same(message->field[i]->name, name))
			return message->field[i];
	return NULL;
}

static const char *oneof_of(const message_proto *message, const field_proto *field)
{
	return field->has_oneof_index && (size_t)field->oneof_index < message->n_oneof_decl
		? message->oneof_decl[field->oneof_index]->name : "";
}

static int packing(const field_proto *field)
{
	return field->options != NULL && field->options->has_packed ? 1 + (field->options->packed != 0) : 0;
}

static void compare_field(struct comparison *comparison, const char *scope, const message_proto *before,
                          const field_proto *old, const message_proto *after)
{
	const field_proto *now = field_numbered(after, old->number), *elsewhere = field_named(after, old->name);
	if (elsewhere != NULL && elsewhere->number != old->number)
		tell(comparison, "%s.%s has number %d, was %d", scope, old->name, elsewhere->number, old->number);
	if (now == NULL) {
		if (elsewhere == NULL)
			tell(comparison, "%s.%s (%d) is gone", scope, old->name, old->number);
		return;
	}
	if (!same(now->name, old->name))
		tell(comparison, "%s.%s (%d) is called %s", scope, old->name, old->number, now->name);
	else if (!same(now->json_name, old->json_name))
		tell(comparison, "%s.%s is called %s in JSON, was %s", scope, old->name, or_none(now->json_name), or_none(old->json_name));
	if (now->type != old->type || !same(now->type_name, old->type_name))
		tell(comparison, "%s.%s has another type: %d %s, was %d %s", scope, old->name, (int)now->type, or_none(now->type_name),
		     (int)old->type, or_none(old->type_name));
	if (now->label != old->label)
		tell(comparison, "%s.%s has another label: %d, was %d", scope, old->name, (int)now->label, (int)old->label);
	if (!same(oneof_of(after, now), oneof_of(before, old)))
		tell(comparison, "%s.%s is in oneof \"%s\", was in \"%s\"", scope, old->name, oneof_of(after, now), oneof_of(before, old));
	if (packing(now) != packing(old))
		tell(comparison, "%s.%s is packed otherwise", scope, old->name);
}

/* Ranges of messages end before their end. */
static bool message_reserves(const message_proto *message, int number)
{
	for (size_t i = 0; i < message->n_reserved_range; i++)
		if (number >= message->reserved_range[i]->start && number < message->reserved_range[i]->end)
			return true;
	return false;
}

static bool holds_name(char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (same(names[i], name))
			return true;
	return false;
}

/* A range may be split or joined with others; that each end of it is kept, and what lies beside it in the new one, shows
 * it well enough: numbers between are looked at where a field has one. */
static void compare_reserved(struct comparison *comparison, const char *scope, const message_proto *before,
                             const message_proto *after)
{
	for (size_t i = 0; i < after->n_field; i++) {
		const field_proto *now = after->field[i];
		if (message_reserves(before, now->number) && field_numbered(before, now->number) == NULL)
			tell(comparison, "%s.%s uses the reserved number %d", scope, now->name, now->number);
		if (holds_name(before->reserved_name, before->n_reserved_name, now->name))
			tell(comparison, "%s.%s uses a reserved name", scope, now->name);
	}
	for (size_t i = 0; i < before->n_reserved_range; i++) {
		int start = before->reserved_range[i]->start, end = before->reserved_range[i]->end - 1;
		if (!message_reserves(after, start) || !message_reserves(after, end))
			tell(comparison, "%s: %d to %d are reserved no longer", scope, start, end);
	}
	for (size_t i = 0; i < before->n_reserved_name; i++)
		if (!holds_name(after->reserved_name, after->n_reserved_name, before->reserved_name[i]))
			tell(comparison, "%s: \"%s\" is reserved no longer", scope, before->reserved_name[i]);
}

/* ---- enumerations ---- */

static const value_proto *value_named(const enum_proto *of, const char *name)
{
	for (size_t i = 0; i < of->n_value; i++)
		if (same(of->value[i]->name, name))
			return of->value[i];
	return NULL;
}

/* Ranges of enumerations hold their end. */
static bool enum_reserves(const enum_proto *of, int number)
{
	for (size_t i = 0; i < of->n_reserved_range; i++)
		if (number >= of->reserved_range[i]->start && number <= of->reserved_range[i]->end)
			return true;
	return false;
}

static void compare_enum(struct comparison *comparison, const char *name, const enum_proto *before, const enum_proto *after)
{
	for (size_t i = 0; i < before->n_value; i++) {
		const value_proto *old = before->value[i], *now = value_named(after, old->name);
		if (now == NULL)
			tell(comparison, "%s.%s (%d) is gone", name, old->name, old->number);
		else if (now->number != old->number)
			tell(comparison, "%s.%s has number %d, was %d", name, old->name, now->number, old->number);
	}
	for (size_t i = 0; i < after->n_value; i++) {
		if (enum_reserves(before, after->value[i]->number))
			tell(comparison, "%s.%s uses the reserved number %d", name, after->value[i]->name, after->value[i]->number);
		if (holds_name(before->reserved_name, before->n_reserved_name, after->value[i]->name))
			tell(comparison, "%s.%s uses a reserved name", name, after->value[i]->name);
	}
	for (size_t i = 0; i < before->n_reserved_range; i++) {
		int start = before->reserved_range[i]->start, end = before->reserved_range[i]->end;
		if (!enum_reserves(after, start) || !enum_reserves(after, end))
			tell(comparison, "%s: %d to %d are reserved no longer", name, start, end);
	}
	for (size_t i = 0; i < before->n_reserved_name; i++)
		if (!holds_name(after->reserved_name, after->n_reserved_name, before->reserved_name[i]))
			tell(comparison, "%s: \"%s\" is reserved no longer", name, before->reserved_name[i]);
}

/* `file` is NULL for what a message holds. */
static const enum_proto *find_enum(const set_proto *set, const file_proto *file, const message_proto *holder, const char *name)
{
	for (size_t i = 0; holder != NULL && i < holder->n_enum_type; i++)
		if (same(holder->enum_type[i]->name, name))
			return holder->enum_type[i];
	for (size_t i = 0; file != NULL && i < set->n_file; i++)
		for (size_t k = 0; same(set->file[i]->package, file->package) && k < set->file[i]->n_enum_type; k++)
			if (same(set->file[i]->enum_type[k]->name, name))
				return set->file[i]->enum_type[k];
	return NULL;
}

static void compare_enums(struct comparison *comparison, const char *scope, enum_proto *const *enums, size_t count,
                          const set_proto *set, const file_proto *file, const message_proto *holder)
{
	for (size_t i = 0; i < count; i++) {
		char name[NAME_MOST];
		const enum_proto *now = find_enum(set, file, holder, enums[i]->name);
		join(name, scope, enums[i]->name);
		if (now == NULL)
			tell(comparison, "%s is gone", name);
		else
			compare_enum(comparison, name, enums[i], now);
	}
}

/* ---- messages ---- */

static const message_proto *find_message(const set_proto *set, const file_proto *file, const message_proto *holder,
                                         const char *name)
{
	for (size_t i = 0; holder != NULL && i < holder->n_nested_type; i++)
		if (same(holder->nested_type[i]->name, name))
			return holder->nested_type[i];
	for (size_t i = 0; file != NULL && i < set->n_file; i++)
		for (size_t k = 0; same(set->file[i]->package, file->package) && k < set->file[i]->n_message_type; k++)
			if (same(set->file[i]->message_type[k]->name, name))
				return set->file[i]->message_type[k];
	return NULL;
}

/* Messages hold messages; protoc bounds how deep. */
static void compare_messages(struct comparison *comparison, const char *scope, message_proto *const *messages, size_t count,
                             const set_proto *set, const file_proto *file, const message_proto *holder)
{
	for (size_t i = 0; i < count; i++) {
		const message_proto *old = messages[i], *now = find_message(set, file, holder, old->name);
		char name[NAME_MOST];
		join(name, scope, old->name);
		if (now == NULL) {
			tell(comparison, "%s is gone", name);
			continue;
		}
		for (size_t k = 0; k < old->n_field; k++)
			compare_field(comparison, name, old, old->field[k], now);
		compare_reserved(comparison, name, old, now);
		compare_enums(comparison, name, old->enum_type, old->n_enum_type, set, NULL, now);
		compare_messages(comparison, name, old->nested_type, old->n_nested_type, set, NULL, now);
	}
}

/* ---- services ---- */

static const service_proto *find_service(const set_proto *set, const file_proto *file, const char *name)
{
	for (size_t i = 0; i < set->n_file; i++)
		for (size_t k = 0; same(set->file[i]->package, file->package) && k < set->file[i]->n_service; k++)
			if (same(set->file[i]->service[k]->name, name))
				return set->file[i]->service[k];
	return NULL;
}

static const method_proto *find_method(const service_proto *service, const char *name)
{
	for (size_t i = 0; i < service->n_method; i++)
		if (same(service->method[i]->name, name))
			return service->method[i];
	return NULL;
}

static void compare_service(struct comparison *comparison, const char *name, const service_proto *before,
                            const service_proto *after)
{
	for (size_t i = 0; i < before->n_method; i++) {
		const method_proto *old = before->method[i], *now = find_method(after, old->name);
		if (now == NULL) {
			tell(comparison, "%s/%s is gone", name, old->name);
			continue;
		}
		if (!same(now->input_type, old->input_type))
			tell(comparison, "%s/%s takes %s, was %s", name, old->name, now->input_type, old->input_type);
		if (!same(now->output_type, old->output_type))
			tell(comparison, "%s/%s answers %s, was %s", name, old->name, now->output_type, old->output_type);
		if ((now->has_client_streaming && now->client_streaming) != (old->has_client_streaming && old->client_streaming) ||
		    (now->has_server_streaming && now->server_streaming) != (old->has_server_streaming && old->server_streaming))
			tell(comparison, "%s/%s is a stream otherwise", name, old->name);
	}
}

size_t compatible_compare(const Google__Protobuf__FileDescriptorSet *before, const Google__Protobuf__FileDescriptorSet *after,
                          incompatible_found *found, void *context)
{
	struct comparison comparison = { found, context, 0 };
	for (size_t i = 0; i < before->n_file; i++) {
		const file_proto *file = before->file[i];
		const char *scope = or_none(file->package);
		compare_messages(&comparison, scope, file->message_type, file->n_message_type, after, file, NULL);
		compare_enums(&comparison, scope, file->enum_type, file->n_enum_type, after, file, NULL);
		for (size_t k = 0; k < file->n_service; k++) {
			char name[NAME_MOST];
			const service_proto *now = find_service(after, file, file->service[k]->name);
			join(name, scope, file->service[k]->name);
			if (now == NULL)
				tell(&comparison, "%s is gone", name);
			else
				compare_service(&comparison, name, file->service[k], now);
		}
	}
	return comparison.count;
}
