/* import_csv.c: see import_csv.h. libcsv parses; what is added here are line numbers, bounds and the recognition of
 * tables. The text is fed line by line, so that a row knows where it begins. */
#include "import_csv.h"

#include <csv.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hearth/arena.h>
#include <hearth/text.h>

#define PIECE_MOST 2048
#define BUFFER_SIZE (256u << 10)
#define ROW_NOT_BEGUN 0        /* libcsv's state between rows */

struct reader {
	csv_row_fn *row;
	void *context;
	char *texts;                   /* the row's fields, one after the other */
	size_t used;
	const char *fields[CSV_FIELDS_MOST];
	size_t count;
	size_t line, start;            /* being fed; where the row began */
	bool within;                   /* of a line whose end has not come yet */
	bool begun;                    /* the first bytes have been seen */
	size_t rows, rows_most;
	int stopped;                   /* what the callback gave */
	bool failed;
	struct hearth_status *status;
};

static void fail_line(struct reader *reader, size_t line, const char *what)
{
	if (!reader->failed)
		hearth_fail(reader->status, HEARTH_INVALID_ARGUMENT, "UNREADABLE_FILE", "line %zu: %s", line, what);
	reader->failed = true;
}

static void take_field(void *text, size_t size, void *context)
{
	struct reader *reader = context;
	if (reader->failed || reader->stopped != 0)
		return;
	if (size > CSV_FIELD_MOST) {
		fail_line(reader, reader->start, "a field is longer than 4096 bytes; is a quote missing?");
		return;
	}
	if (reader->count < CSV_FIELDS_MOST) {
		char *at = reader->texts + reader->used;
		memcpy(at, text, size);
		at[size] = '\0';
		reader->fields[reader->count] = at;
		reader->used += size + 1;
	}
	reader->count++;
}

static void take_row(int ending, void *context)
{
	(void)ending;
	struct reader *reader = context;
	if (!reader->failed && reader->stopped == 0) {
		if (++reader->rows > reader->rows_most)
			fail_line(reader, reader->start, reader->rows_most == CSV_ROWS_MOST ? "it has more than 2,000,000 rows"
			          : "it has more than 10,000,000 rows");
		struct csv_row row = { .line = reader->start, .count = reader->count, .fields = reader->fields };
		if (!reader->failed)
			reader->stopped = reader->row(reader->context, &row);
	}
	reader->count = 0;
	reader->used = 0;
}

/* Up to and with the end of the line that begins at `at`; *ret_ends: it ends there. A CR at the very end of what is there
 * may be half of a CRLF: without `last` it is left for the next time. */
static size_t line_size(const char *at, size_t size, bool last, bool *ret_ends)
{
	*ret_ends = true;
	for (size_t i = 0; i < size; i++) {
		if (at[i] == '\n')
			return i + 1;
		if (at[i] != '\r')
			continue;
		if (i + 1 < size)
			return at[i + 1] == '\n' ? i + 2 : i + 1;
		*ret_ends = last;
		return last ? size : i;
	}
	*ret_ends = false;
	return size;
}

/* A line, or a piece of one. */
static void feed_line(struct reader *reader, struct csv_parser *parser, const char *at, size_t size, bool ends)
{
	if (!reader->within && parser->pstate == ROW_NOT_BEGUN)
		reader->start = reader->line;
	reader->within = !ends;
	for (size_t done = 0; done < size && !reader->failed && reader->stopped == 0;) {
		size_t piece = size - done < PIECE_MOST ? size - done : PIECE_MOST;
		if (csv_parse(parser, at + done, piece, take_field, take_row, reader) != piece) {
			fail_line(reader, reader->line, csv_strerror(csv_error(parser)));
			return;
		}
		/* What the parser holds back is the field that has not ended. */
		if (csv_get_buffer_size(parser) > 4 * CSV_FIELD_MOST)
			fail_line(reader, reader->start, "a field is longer than 4096 bytes; is a quote missing?");
		done += piece;
	}
	reader->line += ends;
}

static void refuse_encoding(struct reader *reader, const unsigned char *bytes, size_t size)
{
	bool utf16 = !reader->begun && size >= 2 && ((bytes[0] == 0xff && bytes[1] == 0xfe) || (bytes[0] == 0xfe && bytes[1] == 0xff));
	if (!utf16 && memchr(bytes, 0, size) == NULL)
		return;
	hearth_fail(reader->status, HEARTH_INVALID_ARGUMENT, "UNREADABLE_FILE", "it %s; right: CSV text in UTF-8",
	            utf16 ? "is UTF-16" : "holds NUL bytes");
	reader->failed = true;
}

/* Takes what it can of these bytes, all of them when they are the last; how many. */
static size_t feed(struct reader *reader, struct csv_parser *parser, const char *at, size_t size, bool last)
{
	size_t done = 0;
	refuse_encoding(reader, (const unsigned char *)at, size);
	if (!reader->begun && size >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
		done = 3;
	reader->begun = true;
	while (done < size && !reader->failed && reader->stopped == 0) {
		bool ends;
		size_t piece = line_size(at + done, size - done, last, &ends);
		/* What is no whole line waits for more, unless there was no line in all of it. */
		if (!ends && !last && (done > 0 || piece == 0))
			break;
		feed_line(reader, parser, at + done, piece, ends);
		done += piece;
	}
	return done;
}

/* Bytes until there are no more: 0 at the end, -1 with a status. */
typedef ssize_t more_fn(void *source, char *at, size_t room, struct hearth_status *status);

static int read_all(struct reader *reader, more_fn *more, void *source)
{
	struct csv_parser parser;
	if (csv_init(&parser, 0) != 0)
		return hearth_fail(reader->status, HEARTH_INTERNAL, "INTERNAL", "the CSV parser could not be made");
	reader->texts = hearth_alloc(CSV_FIELDS_MOST * (CSV_FIELD_MOST + 1));
	char *bytes = hearth_alloc(BUFFER_SIZE);
	size_t held = 0;
	for (bool last = false; !last && !reader->failed && reader->stopped == 0;) {
		ssize_t got = more(source, bytes + held, BUFFER_SIZE - held, reader->status);
		reader->failed = got < 0;
		last = got <= 0;
		held += got > 0 ? (size_t)got : 0;
		size_t done = reader->failed ? 0 : feed(reader, &parser, bytes, held, last);
		memmove(bytes, bytes + done, held - done);
		held -= done;
	}
	/* Strict at the end only: a quote inside a field is the field's, one that never closes is a mistake. */
	csv_set_opts(&parser, CSV_STRICT | CSV_STRICT_FINI);
	if (!reader->failed && reader->stopped == 0 && csv_fini(&parser, take_field, take_row, reader) != 0)
		fail_line(reader, reader->start, "a quote is opened and never closed");
	csv_free(&parser);
	free(bytes);
	free(reader->texts);
	return reader->failed ? -1 : reader->stopped;
}

struct memory {
	const char *at;
	size_t left;
};

static ssize_t more_of_memory(void *source, char *at, size_t room, struct hearth_status *status)
{
	(void)status;
	struct memory *memory = source;
	size_t size = memory->left < room ? memory->left : room;
	memcpy(at, memory->at, size);
	memory->at += size;
	memory->left -= size;
	return (ssize_t)size;
}

int import_csv_parse(const void *bytes, size_t size, csv_row_fn *row, void *context, struct hearth_status *status)
{
	if (size > CSV_BYTES_MOST)
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "UNREADABLE_FILE", "it is larger than 256 MB");
	if (size == 0)
		return 0;
	struct memory memory = { bytes, size };
	struct reader reader = { .row = row, .context = context, .line = 1, .start = 1, .rows_most = CSV_ROWS_MOST,
		.status = status };
	return read_all(&reader, more_of_memory, &memory);
}

static ssize_t more_of_file(void *source, char *at, size_t room, struct hearth_status *status)
{
	const int *fd = source;
	ssize_t got;
	do
		got = read(*fd, at, room);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "UNREADABLE_FILE", "cannot be read: %s", strerror(errno));
	return got;
}

int import_fail_open(struct hearth_status *status, const char *what)
{
	enum hearth_code code = errno == EACCES || errno == EPERM ? HEARTH_PERMISSION_DENIED : HEARTH_NOT_FOUND;
	return hearth_fail(status, code, "UNREADABLE_FILE", "%s: %s", what, strerror(errno));
}

static int read_file(const char *path, off_t bytes_most, size_t rows_most, csv_row_fn *row, void *context,
                     struct hearth_status *status)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat about;
	if (fd < 0 || fstat(fd, &about) != 0) {
		import_fail_open(status, "cannot be opened");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	int result;
	if (!S_ISREG(about.st_mode) || about.st_size > bytes_most) {
		result = hearth_fail(status, HEARTH_INVALID_ARGUMENT, "UNREADABLE_FILE", "it is no file of at most %lld MB",
		                     (long long)(bytes_most >> 20));
	} else {
		struct reader reader = { .row = row, .context = context, .line = 1, .start = 1, .rows_most = rows_most,
			.status = status };
		result = read_all(&reader, more_of_file, &fd);
	}
	close(fd);
	return result;
}

int import_csv_read(const char *path, csv_row_fn *row, void *context, struct hearth_status *status)
{
	return read_file(path, (off_t)CSV_BYTES_MOST, CSV_ROWS_MOST, row, context, status);
}

int import_csv_read_large(const char *path, csv_row_fn *row, void *context, struct hearth_status *status)
{
	return read_file(path, CSV_LARGE_BYTES_MOST, CSV_LARGE_ROWS_MOST, row, context, status);
}

/* ---- tables ----------------------------------------------------------------------------------------------------- */

static size_t column_place(const struct csv_row *header, const char *column)
{
	size_t known = header->count < CSV_FIELDS_MOST ? header->count : CSV_FIELDS_MOST;
	for (size_t i = 0; i < known; i++)
		if (hearth_text_same(header->fields[i], column))
			return i;
	return CSV_FIELDS_MOST;
}

static size_t columns_there(const struct csv_table *table, const struct csv_row *header, size_t *ret_count,
                            size_t *ret_places)
{
	size_t there = 0, count = 0;
	for (; table->columns[count] != NULL; count++) {
		size_t place = column_place(header, table->columns[count]);
		there += place < CSV_FIELDS_MOST;
		if (ret_places != NULL)
			ret_places[count] = place;
	}
	*ret_count = count;
	return there;
}

const struct csv_table *import_csv_recognise(const struct csv_table *tables, const struct csv_row *header,
                                             size_t ret_places[CSV_FIELDS_MOST])
{
	for (; tables->name != NULL; tables++) {
		size_t places[CSV_FIELDS_MOST], count;
		size_t there = columns_there(tables, header, &count, places);
		/* As many columns as names, and every name there: so no name twice and none unknown. */
		if (there != count || header->count != count)
			continue;
		memcpy(ret_places, places, count * sizeof(places[0]));
		return tables;
	}
	return NULL;
}

const struct csv_table *import_csv_nearest(const struct csv_table *tables, const struct csv_row *header)
{
	const struct csv_table *nearest = NULL;
	size_t most = 0;
	for (; tables->name != NULL; tables++) {
		size_t count, there = columns_there(tables, header, &count, NULL);
		if (2 * there >= count && there > most) {
			nearest = tables;
			most = there;
		}
	}
	return nearest;
}

static void append(char *text, size_t size, const char *before, const char *what)
{
	size_t used = strlen(text);
	if (used + 1 < size)
		snprintf(text + used, size - used, "%s%.32s", before, what);
}

bool import_csv_recognise_more(const struct csv_table *table, const char *const *more, const struct csv_row *header,
                               size_t ret_places[CSV_FIELDS_MOST])
{
	const struct csv_table others = { table->name, more };
	size_t count, more_count, there = columns_there(table, header, &count, ret_places);
	if (there != count)
		return false;
	there += columns_there(&others, header, &more_count, ret_places + count);
	return header->count == there;
}

static bool known_at(const char *const *columns, const struct csv_row *header, size_t place)
{
	for (size_t k = 0; columns != NULL && columns[k] != NULL; k++)
		if (hearth_text_same(header->fields[place], columns[k]) && column_place(header, columns[k]) == place)
			return true;
	return false;
}

void import_csv_difference(const struct csv_table *table, const char *const *more, const struct csv_row *header, size_t size,
                           char *ret_text)
{
	ret_text[0] = '\0';
	for (size_t i = 0; table->columns[i] != NULL; i++)
		if (column_place(header, table->columns[i]) == CSV_FIELDS_MOST)
			append(ret_text, size, ret_text[0] == '\0' ? "missing: " : " ", table->columns[i]);
	bool first = true;
	for (size_t i = 0; i < header->count && i < CSV_FIELDS_MOST; i++) {
		if (known_at(table->columns, header, i) || known_at(more, header, i))
			continue;
		append(ret_text, size, !first ? " " : ret_text[0] == '\0' ? "unknown or twice: " : "; unknown or twice: ",
		       header->fields[i]);
		first = false;
	}
}
