/* replay.c: runs a fuzz target over kept inputs: the files, and each file of the directories, named as arguments.
 *
 * Without arguments the target's own corpus, tests/fuzz/corpus/<name> for a program called fuzz_<name>. Fails when there
 * is nothing to replay, so that a lost corpus is noticed; prints Check's summary line, which `make check` counts.
 */
#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define INPUT_MOST ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static int replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = malloc(INPUT_MOST), *exact;
	size_t size;

	if (!file || !bytes) {
		fprintf(stderr, "cannot read %s\n", path);
		exit(EXIT_FAILURE);
	}
	size = fread(bytes, 1, INPUT_MOST, file);
	fclose(file);
	/* Exactly as large as the input, so that a read past its end is noticed. */
	exact = malloc(size ? size : 1);
	if (!exact)
		exit(EXIT_FAILURE);
	memcpy(exact, bytes, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	free(bytes);
	return 1;
}

/* The number of inputs replayed. */
static int replay(const char *directory)
{
	struct stat named;
	struct dirent *entry;
	int count = 0;

	if (stat(directory, &named) == 0 && S_ISREG(named.st_mode))
		return replay_file(directory);
	DIR *stream = opendir(directory);
	while (stream && (entry = readdir(stream))) {
		char path[4096];
		struct stat about;

		if ((size_t)snprintf(path, sizeof path, "%s/%s", directory, entry->d_name) < sizeof path &&
		    stat(path, &about) == 0 && S_ISREG(about.st_mode))
			count += replay_file(path);
	}
	if (stream)
		closedir(stream);
	return count;
}

int main(int argc, char **argv)
{
	const char *name = strstr(argv[0], "fuzz_");
	char corpus[4096];
	int count = 0;

	for (const char *later = name; later; later = strstr(later + 1, "fuzz_"))
		name = later;
	if (argc < 2 && name) {
		snprintf(corpus, sizeof corpus, "tests/fuzz/corpus/%s", name + strlen("fuzz_"));
		count += replay(corpus);
	}
	for (int i = 1; i < argc; i++)
		count += replay(argv[i]);
	printf("%d%%: Checks: %d, Failures: 0, Errors: %d\n", count ? 100 : 0, count, count == 0);
	return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
