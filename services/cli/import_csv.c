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
#define ROW_NOT_BEGUN 0        /* libcsv's state between rows */

struct reader {
	csv_row_fn *row;
	void *context;
	char *texts;                   /* the row's fields, one after the other */
	size_t used;
	const char *fields[CSV_FIELDS_MOST];
	size_t count;
	size_t line, start;            /* being fed; where the row began */
	size_t rows;
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
		if (++reader->rows > CSV_ROWS_MOST)
			fail_line(reader, reader->start, "it has more than 2,000,000 rows");
		struct csv_row row = { .line = reader->start, .count = reader->count, .fields = reader->fields };
		if (!reader->failed)
			reader->stopped = reader->row(reader->context, &row);
	}
	reader->count = 0;
	reader->used = 0;
}

/* Up to and with the end of the line that begins at `at`. */
static size_t line_size(const char *at, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (at[i] == '\n')
			return i + 1;
		if (at[i] == '\r')
			return i + 1 < size && at[i + 1] == '\n' ? i + 2 : i + 1;
	}
	return size;
}

static void feed_line(struct reader *reader, struct csv_parser *parser, const char *at, size_t size)
{
	if (parser->pstate == ROW_NOT_BEGUN)
		reader->start = reader->line;
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
}

static int refuse_encoding(const unsigned char *bytes, size_t size, struct hearth_status *status)
{
	if (size >= 2 && ((bytes[0] == 0xff && bytes[1] == 0xfe) || (bytes[0] == 0xfe && bytes[1] == 0xff)))
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "UNREADABLE_FILE", "it is UTF-16; right: CSV text in UTF-8");
	if (memchr(bytes, 0, size) != NULL)
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "UNREADABLE_FILE", "it holds NUL bytes; right: CSV text in UTF-8");
	return 0;
}

int import_csv_parse(const void *bytes, size_t size, csv_row_fn *row, void *context, struct hearth_status *status)
{
	const char *at = bytes;
	if (size > CSV_BYTES_MOST)
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "UNREADABLE_FILE", "it is larger than 256 MB");
	if (size == 0)
		return 0;
	if (refuse_encoding(bytes, size, status) != 0)
		return -1;
	if (size >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
		at += 3;
		size -= 3;
	}
	struct csv_parser parser;
	if (csv_init(&parser, 0) != 0)
		return hearth_fail(status, HEARTH_INTERNAL, "INTERNAL", "the CSV parser could not be made");
	struct reader reader = { .row = row, .context = context, .line = 1, .start = 1, .status = status };
	reader.texts = hearth_alloc(CSV_FIELDS_MOST * (CSV_FIELD_MOST + 1));
	for (size_t done = 0; done < size && !reader.failed && reader.stopped == 0; reader.line++) {
		size_t piece = line_size(at + done, size - done);
		feed_line(&reader, &parser, at + done, piece);
		done += piece;
	}
	/* Strict at the end only: a quote inside a field is the field's, one that never closes is a mistake. */
	csv_set_opts(&parser, CSV_STRICT | CSV_STRICT_FINI);
	if (!reader.failed && reader.stopped == 0 && csv_fini(&parser, take_field, take_row, &reader) != 0)
		fail_line(&reader, reader.start, "a quote is opened and never closed");
	csv_free(&parser);
	free(reader.texts);
	return reader.failed ? -1 : reader.stopped;
}

static int read_whole(int fd, char *bytes, size_t size, size_t *ret_size)
{
	size_t got = 0;
	while (got < size) {
		ssize_t more = read(fd, bytes + got, size - got);
		if (more < 0 && errno == EINTR)
			continue;
		if (more < 0)
			return -1;
		if (more == 0)
			break;
		got += (size_t)more;
	}
	*ret_size = got;
	return 0;
}

int import_fail_open(struct hearth_status *status, const char *what)
{
	enum hearth_code code = errno == EACCES || errno == EPERM ? HEARTH_PERMISSION_DENIED : HEARTH_NOT_FOUND;
	return hearth_fail(status, code, "UNREADABLE_FILE", "%s: %s", what, strerror(errno));
}

int import_csv_read(const char *path, csv_row_fn *row, void *context, struct hearth_status *status)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat about;
	if (fd < 0 || fstat(fd, &about) != 0) {
		import_fail_open(status, "cannot be opened");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (!S_ISREG(about.st_mode) || about.st_size > (off_t)CSV_BYTES_MOST) {
		close(fd);
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "UNREADABLE_FILE", "it is no file of at most 256 MB");
	}
	size_t size = (size_t)about.st_size;
	char *bytes = hearth_alloc(size + 1);
	int result = read_whole(fd, bytes, size, &size);
	if (result != 0)
		hearth_fail(status, HEARTH_INVALID_ARGUMENT, "UNREADABLE_FILE", "cannot be read: %s", strerror(errno));
	else
		result = import_csv_parse(bytes, size, row, context, status);
	free(bytes);
	close(fd);
	return result;
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

void import_csv_difference(const struct csv_table *table, const struct csv_row *header, size_t size, char *ret_text)
{
	ret_text[0] = '\0';
	for (size_t i = 0; table->columns[i] != NULL; i++)
		if (column_place(header, table->columns[i]) == CSV_FIELDS_MOST)
			append(ret_text, size, ret_text[0] == '\0' ? "missing: " : " ", table->columns[i]);
	bool first = true;
	for (size_t i = 0; i < header->count && i < CSV_FIELDS_MOST; i++) {
		bool known = false;
		for (size_t k = 0; table->columns[k] != NULL && !known; k++)
			known = hearth_text_same(header->fields[i], table->columns[k]) && column_place(header, table->columns[k]) == i;
		if (known)
			continue;
		append(ret_text, size, !first ? " " : ret_text[0] == '\0' ? "unknown or twice: " : "; unknown or twice: ",
		       header->fields[i]);
		first = false;
	}
}
