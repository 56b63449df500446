/* returns.c: which collection years a folder of returns covers, read from the DECOM column of its tables. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <hearth/clock.h>

#include "journey.h"

#define LINE_MOST 4096

/* Which column is called `name`; -1: none. */
static int column_of(const char *line, const char *name)
{
	int column = 0;
	size_t size = strlen(name);
	for (const char *at = line; at; at = strchr(at, ','), at = at ? at + 1 : NULL, column++) {
		at += strspn(at, "\xEF\xBB\xBF\"");
		if (strncasecmp(at, name, size) == 0 && strchr(",\"\r\n", at[size]))
			return column;
	}
	return -1;
}

static void read_day(const char *line, int column, int32_t *latest)
{
	int day, month, year;
	for (; line && column > 0; column--) {
		line = strchr(line, ',');
		line = line ? line + 1 : NULL;
	}
	if (line)
		line += *line == '"';
	if (!line || sscanf(line, "%2d/%2d/%4d", &day, &month, &year) != 3 || month < 1 || month > 12 || year < 1990)
		return;
	int32_t days = hearth_date_join(year, month, day);
	if (days > *latest)
		*latest = days;
}

static void read_table(const char *path, int32_t *latest)
{
	char line[LINE_MOST];
	FILE *file = fopen(path, "r");
	if (!file)
		return;
	int column = fgets(line, sizeof line, file) ? column_of(line, "DECOM") : -1;
	while (column >= 0 && fgets(line, sizeof line, file))
		read_day(line, column, latest);
	fclose(file);
}

static void read_folder(const char *directory, int depth, int32_t *latest)
{
	DIR *folder = opendir(directory);
	struct dirent *entry;
	while (folder && (entry = readdir(folder))) {
		char path[4096];
		struct stat about;
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
		if (stat(path, &about) < 0)
			continue;
		const char *dot = strrchr(entry->d_name, '.');
		if (S_ISDIR(about.st_mode) && depth > 0)
			read_folder(path, depth - 1, latest);
		else if (S_ISREG(about.st_mode) && dot && strcasecmp(dot, ".csv") == 0)
			read_table(path, latest);
	}
	if (folder)
		closedir(folder);
}

int returns_last_day(const char *directory, int32_t *ret_day)
{
	int32_t latest = INT32_MIN;
	int year, month, day;
	read_folder(directory, 1, &latest);
	if (latest == INT32_MIN)
		return -1;
	hearth_date_split(latest, &year, &month, &day);
	*ret_day = hearth_date_join(month >= 4 ? year + 1 : year, 3, 31);
	return 0;
}
