/* metrics_text.c: see metrics_text.h. */
#include "metrics_text.h"

#include <arpa/inet.h>
#include <glob.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check_main.h"

#define TEXT_MOST ((size_t)1 << 20)

char *metrics_text(const char *address)
{
	static const char get[] = "GET /metrics HTTP/1.0\r\n\r\n";
	struct sockaddr_in where = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const char *colon = strrchr(address, ':');
	ck_assert_ptr_nonnull(colon);
	where.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	char *text = calloc(1, TEXT_MOST);
	size_t used = 0;
	ssize_t got;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_ptr_nonnull(text);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&where, sizeof where), 0);
	ck_assert_int_eq(write(fd, get, sizeof get - 1), (ssize_t)sizeof get - 1);
	while (used < TEXT_MOST - 1 && (got = read(fd, text + used, TEXT_MOST - 1 - used)) > 0)
		used += (size_t)got;
	close(fd);
	ck_assert_msg(strstr(text, "\nhearth_") != NULL, "%.200s", text);
	return text;
}

char *metrics_text_of(const char *directory, const char *service)
{
	char pattern[256], line[512] = "", address[64];
	glob_t found;
	snprintf(pattern, sizeof pattern, "%s/%s-*.json", directory, service);
	ck_assert_msg(glob(pattern, 0, NULL, &found) == 0 && found.gl_pathc == 1, "%s", pattern);
	FILE *file = fopen(found.gl_pathv[0], "re");
	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
	fclose(file);
	globfree(&found);
	ck_assert_msg(sscanf(line, "[{\"targets\":[\"%63[^\"]", address) == 1, "%s", line);
	return metrics_text(address);
}

double metrics_value(const char *text, const char *series)
{
	size_t size = strlen(series);
	const char *at = text;
	while ((at = strstr(at, series)) != NULL && (at == text || at[-1] != '\n' || at[size] != ' '))
		at += size;
	ck_assert_msg(at != NULL, "no %s", series);
	return strtod(at + size, NULL);
}
