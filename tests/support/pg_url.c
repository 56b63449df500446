/* pg_url.c: connection strings: values are encoded or quoted, whatever they hold. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libpq-fe.h>

#include "pg_url.h"

static void put_encoded(FILE *out, const char *value)
{
	for (; *value != '\0'; value++) {
		unsigned char c = (unsigned char)*value;
		bool safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
		fprintf(out, safe ? "%c" : "%%%02X", c);
	}
}

char *pg_url_of_socket(const char *socket, const char *user, const char *dbname)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	if (out == NULL)
		abort();
	fputs("postgresql://", out);
	if (user != NULL) {
		put_encoded(out, user);
		fputc('@', out);
	}
	fputc('/', out);
	put_encoded(out, dbname);
	fputs("?host=", out);
	put_encoded(out, socket);
	fclose(out);
	return text;
}

static void put_pair(FILE *out, const char *key, const char *value)
{
	fprintf(out, "%s%s='", ftell(out) > 0 ? " " : "", key);
	for (; *value != '\0'; value++) {
		if (*value == '\'' || *value == '\\')
			fputc('\\', out);
		fputc(*value, out);
	}
	fputc('\'', out);
}

char *pg_url_of_server(const char *base, const char *user, const char *dbname)
{
	char *text = NULL, *error = NULL;
	size_t size = 0;
	PQconninfoOption *options = PQconninfoParse(base, &error);
	if (options == NULL) {
		fprintf(stderr, "connection string: %s", error != NULL ? error : "malformed\n");
		PQfreemem(error);
		return NULL;
	}
	FILE *out = open_memstream(&text, &size);
	if (out == NULL)
		abort();
	for (const PQconninfoOption *option = options; option->keyword != NULL; option++) {
		bool replaced = strcmp(option->keyword, "dbname") == 0 || (user != NULL && strcmp(option->keyword, "user") == 0);
		if (option->val != NULL && !replaced)
			put_pair(out, option->keyword, option->val);
		fflush(out);
	}
	put_pair(out, "dbname", dbname);
	fflush(out);
	if (user != NULL)
		put_pair(out, "user", user);
	fclose(out);
	PQconninfoFree(options);
	return text;
}
