/* test_archive.c: what is needed for audit is in the archive before it is trimmed, or it is not trimmed. Placements, whose
 * events finance needs; they are put into its outbox by hand. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../services/runtime/archive_file.h"
#include "../support/check_main.h"
#include "tables.h"
#include "world.h"

static struct suite *suite;
static char directory[96];

/* The archive is a fresh directory; without one when `archive` is false. */
static void start_suite(bool archive, int instances)
{
	static const char *const services[] = { "placements", NULL };
	static const char *flags[] = { "--outbox-partition", "100000", NULL, directory, NULL };
	flags[2] = archive ? "--archive" : NULL;
	snprintf(directory, sizeof directory, "/tmp/hearth-archive-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	suite = suite_start(&(struct suite_options){ .clock = WORLD_CLOCK, .services = services, .instances = instances,
	                                             .flags = flags });
	ck_assert_ptr_nonnull(suite);
}

static void stop_suite(void)
{
	DIR *entries = opendir(directory);
	const struct dirent *entry;
	char path[400];
	ck_assert_int_eq(suite_stop(&suite), 0);
	while ((entry = readdir(entries))) {
		snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
		unlink(path);
	}
	closedir(entries);
	ck_assert_int_eq(rmdir(directory), 0);
}

static void in_database(const char *sql)
{
	PGresult *result = PQexec(tables_db(suite), sql);
	ck_assert_msg(PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK, "%s",
	              PQresultErrorMessage(result));
	PQclear(result);
}

static long comes_to(const char *sql, long wanted, int ms)
{
	long seen = tables_number(suite, sql);
	for (int waited = 0; waited < ms && seen != wanted; waited += 50) {
		usleep(50000);
		seen = tables_number(suite, sql);
	}
	return seen;
}

/* Events with a date of birth each, then a closed partition. */
static void fill_a_partition(int events)
{
	char sql[700];
	snprintf(sql, sizeof sql, "INSERT INTO placements.outbox (type, aggregatetype, aggregateid, version, partition_key, "
	         "authority, time, payload, personal) SELECT 'hearth.child.recorded.v1', 'child', n::text, 1, n::text, '961', "
	         "'2024-06-03T09:00:00Z', jsonb_build_object('childId', n, 'note', repeat(md5(n::text), 4)), "
	         "'{\"dateOfBirth\": {\"value\": \"1911-02-03\"}}' FROM generate_series(1, %d) n", events);
	in_database(sql);
	in_database("SELECT setval('placements.outbox_seq', (SELECT below_seq - 1 FROM placements.outbox_present))");
	ck_assert_int_eq(comes_to("SELECT count(1) FROM placements.outbox_part WHERE closed IS NULL AND first_seq <= (SELECT "
	                          "last_value FROM placements.outbox_seq)", 0, 10000), 0);
}

static long dropped(void)
{
	return tables_number(suite, "SELECT count(1) FROM placements.outbox_part WHERE dropped IS NOT NULL");
}

/* `hearth archive WHAT DIRECTORY`; its exit code. The output is to be freed. */
static int archive(const char *what, char **ret_out)
{
	return suite_hearth(suite, ret_out, "archive", what, directory, NULL);
}

static void archive_is_good(const char *wanted)
{
	char *out;
	ck_assert_int_eq(archive("verify", &out), 0);
	ck_assert_str_eq(out, wanted);
	free(out);
}

static size_t lines_of(const char *text)
{
	size_t lines = 0;
	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

START_TEST(without_an_archive_what_is_needed_for_audit_is_not_trimmed)
{
	start_suite(false, 1);
	ck_assert_int_eq(comes_to("SELECT count(1) FROM placements.outbox_part", 3, 10000), 3);
	fill_a_partition(100);
	ck_assert_int_eq(suite_clock(suite, "2024-12-01T09:00:00Z"), 0);
	usleep(7000000);
	ck_assert_int_eq(dropped(), 0);
	ck_assert_int_eq(tables_number(suite, "SELECT count(1) FROM placements.outbox"), 100);
	stop_suite();
}
END_TEST

START_TEST(a_partition_is_archived_whole_and_without_personal_fields_and_then_trimmed)
{
	char *out;
	start_suite(true, 2);
	ck_assert_int_eq(comes_to("SELECT count(1) FROM placements.outbox_part", 3, 10000), 3);
	fill_a_partition(1234);
	fill_a_partition(100);
	ck_assert_int_eq(suite_clock(suite, "2024-12-01T09:00:00Z"), 0);
	ck_assert_int_eq(comes_to("SELECT count(1) FROM placements.outbox", 0, 30000), 0);
	ck_assert_int_eq(dropped(), 2);
	archive_is_good("2 files, 1334 events, 0 wrong\n");
	ck_assert_int_eq(archive("export", &out), 0);
	ck_assert_uint_eq(lines_of(out), 1334);
	ck_assert_ptr_null(strstr(out, "1911-02-03"));
	ck_assert_ptr_nonnull(strstr(out, "\"type\" : \"hearth.child.recorded.v1\""));
	free(out);
	ck_assert_int_eq(suite_hearth(suite, &out, "archive", "export", directory, "--after", "1230", "--until", "1000001", NULL), 0);
	ck_assert_uint_eq(lines_of(out), 6);
	free(out);
	ck_assert_int_eq(archive("list", &out), 0);
	ck_assert_uint_eq(lines_of(out), 3);
	free(out);
	stop_suite();
}
END_TEST

/* The path of the n-th archived file, from 1. Static. */
static const char *archived_file(int n)
{
	static char path[400];
	char sql[160];
	snprintf(sql, sizeof sql, "SELECT file FROM placements.outbox_part WHERE number = %d", n);
	PGresult *result = PQexec(tables_db(suite), sql);
	ck_assert_int_eq(PQntuples(result), 1);
	snprintf(path, sizeof path, "%s/%s", directory, PQgetvalue(result, 0, 0));
	PQclear(result);
	return path;
}

START_TEST(verify_finds_a_changed_file_and_a_missing_one)
{
	start_suite(true, 1);
	ck_assert_int_eq(comes_to("SELECT count(1) FROM placements.outbox_part", 3, 10000), 3);
	for (int i = 0; i < 3; i++)
		fill_a_partition(50);
	ck_assert_int_eq(suite_clock(suite, "2024-12-01T09:00:00Z"), 0);
	ck_assert_int_eq(comes_to("SELECT count(1) FROM placements.outbox", 0, 30000), 0);
	archive_is_good("3 files, 150 events, 0 wrong\n");
	int fd = open(archived_file(2), O_RDWR);
	unsigned char byte;
	ck_assert(pread(fd, &byte, 1, 40) == 1);
	byte ^= 1;
	ck_assert(pwrite(fd, &byte, 1, 40) == 1);
	ck_assert_int_eq(archive("verify", NULL), 1);
	byte ^= 1;
	ck_assert(pwrite(fd, &byte, 1, 40) == 1);
	close(fd);
	archive_is_good("3 files, 150 events, 0 wrong\n");
	char manifest[400], away[410];
	snprintf(manifest, sizeof manifest, "%s", archived_file(2));
	snprintf(strstr(manifest, ".jsonl.gz"), 6, ".json");
	snprintf(away, sizeof away, "%s.away", manifest);
	ck_assert_int_eq(rename(manifest, away), 0);
	ck_assert_int_eq(archive("verify", NULL), 1);
	ck_assert_int_eq(rename(away, manifest), 0);
	ck_assert_int_eq(unlink(archived_file(3)), 0);
	ck_assert_int_eq(archive("verify", NULL), 1);
	stop_suite();
}
END_TEST

/* An empty one ends where the one before it did. */
START_TEST(an_empty_partition_takes_no_other_archives_name)
{
	start_suite(true, 1);
	ck_assert_int_eq(comes_to("SELECT count(1) FROM placements.outbox_part", 3, 10000), 3);
	fill_a_partition(50);
	fill_a_partition(0);
	fill_a_partition(20);
	ck_assert_int_eq(suite_clock(suite, "2024-12-01T09:00:00Z"), 0);
	ck_assert_int_eq(comes_to("SELECT count(1) FROM placements.outbox_part WHERE dropped IS NOT NULL", 3, 40000), 3);
	ck_assert_int_eq(tables_number(suite, "SELECT count(DISTINCT file) FROM placements.outbox_part"), 3);
	archive_is_good("3 files, 70 events, 0 wrong\n");
	stop_suite();
}
END_TEST

/* What is there under a name stays, whatever has to be named so. */
START_TEST(an_archive_is_never_written_over)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	char place[] = "/tmp/hearth-archive-XXXXXX", path[64], hash[2][HEARTH_ARCHIVE_HASH_SIZE];
	static const char *const contents[] = { "one", "one", "two" };
	ck_assert_ptr_nonnull(mkdtemp(place));
	for (int i = 0; i < 3; i++) {
		struct hearth_archive_file *file = hearth_archive_file_new(place, "a.gz", &status);
		ck_assert_msg(file != NULL, "%s", status.message);
		ck_assert_int_eq(hearth_archive_file_add(file, contents[i], 3, &status), 0);
		ck_assert_int_eq(hearth_archive_file_finish(file, hash[i > 0], &status), i < 2 ? 0 : -1);
		hearth_archive_file_free(&file);
		ck_assert_str_eq(status.reason, i < 2 ? "" : "ARCHIVE_EXISTS");
		ck_assert_str_eq(hash[0], hash[i > 0]);
	}
	status = (struct hearth_status)HEARTH_STATUS_INIT;
	ck_assert_int_eq(hearth_archive_note(place, "a.json", "{}", &status), 0);
	ck_assert_int_eq(hearth_archive_note(place, "a.json", "{}", &status), 0);
	ck_assert_int_eq(hearth_archive_note(place, "a.json", "[]", &status), -1);
	ck_assert_str_eq(status.reason, "ARCHIVE_EXISTS");
	snprintf(path, sizeof path, "%s/a.json", place);
	ck_assert_int_eq(unlink(path), 0);
	snprintf(path, sizeof path, "%s/a.gz", place);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(place), 0);      /* no part is left */
}
END_TEST

/* A file system of 32 KiB, for the partition's some 200; where nobody may mount, a directory that is away. */
static bool fill_the_disk(void)
{
	if (mount("tmpfs", directory, "tmpfs", 0, "size=32k,mode=700") == 0)
		return true;
	ck_assert_msg(errno == EPERM || errno == EACCES, "mount: %s", strerror(errno));
	ck_assert_int_eq(rmdir(directory), 0);
	return false;
}

static void make_room(bool mounted)
{
	ck_assert_int_eq(mounted ? umount(directory) : mkdir(directory, 0700), 0);
}

START_TEST(with_a_full_disk_nothing_is_trimmed_and_with_room_again_it_goes_on)
{
	start_suite(true, 1);
	ck_assert_int_eq(comes_to("SELECT count(1) FROM placements.outbox_part", 3, 10000), 3);
	fill_a_partition(3000);
	bool mounted = fill_the_disk();
	ck_assert_int_eq(suite_clock(suite, "2024-12-01T09:00:00Z"), 0);
	usleep(13000000);
	ck_assert_int_eq(dropped(), 0);
	ck_assert_int_eq(tables_number(suite, "SELECT count(1) FROM placements.outbox"), 3000);
	ck_assert_int_eq(tables_number(suite, "SELECT count(1) FROM placements.outbox_part WHERE archived IS NOT NULL"), 0);
	make_room(mounted);
	ck_assert_int_eq(comes_to("SELECT count(1) FROM placements.outbox", 0, 30000), 0);
	archive_is_good("1 files, 3000 events, 0 wrong\n");
	stop_suite();
}
END_TEST

/* A process that starts again begins with its own clock. */
static void set_clock(void)
{
	suite_hearth(suite, NULL, "clock", "set", "2024-12-01T09:00:00Z", NULL);
}

START_TEST(processes_killed_while_they_archive_leave_a_whole_file)
{
	start_suite(true, 2);
	ck_assert_int_eq(comes_to("SELECT count(1) FROM placements.outbox_part", 3, 10000), 3);
	fill_a_partition(40000);
	for (int round = 0; round < 10; round++) {
		set_clock();
		usleep(600000);
		ck_assert_int_eq(suite_restart_process(suite, "placements", round % 2), 0);
	}
	usleep(1000000);
	set_clock();
	ck_assert_int_eq(comes_to("SELECT count(1) FROM placements.outbox", 0, 40000), 0);
	archive_is_good("1 files, 40000 events, 0 wrong\n");
	stop_suite();
}
END_TEST

int main(void)
{
	struct check_options options = { NULL, NULL, 120 };
	return CHECK_MAIN_WITH(&options, "archive", without_an_archive_what_is_needed_for_audit_is_not_trimmed,
	                       a_partition_is_archived_whole_and_without_personal_fields_and_then_trimmed,
	                       verify_finds_a_changed_file_and_a_missing_one,
	                       an_empty_partition_takes_no_other_archives_name, an_archive_is_never_written_over,
	                       with_a_full_disk_nothing_is_trimmed_and_with_room_again_it_goes_on,
	                       processes_killed_while_they_archive_leave_a_whole_file);
}
