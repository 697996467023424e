/* replay.c - gives a fuzz target each file of its corpus, without libFuzzer: fuzz_NAME reads
 * tests/fuzz/corpus/NAME. Prints TAP; a finding aborts. Files on the command line replace the
 * corpus. */
#include <dirent.h>
#include <limits.h>

#include "fuzz.h"

/* Longest input: over the 64 KiB of a line, so that lines are also cut. */
#define INPUT_MAX (1 << 20)

static void give(const char *path)
{
	static uint8_t input[INPUT_MAX];
	FILE *f = fopen(path, "rbe");

	if (!f) {
		perror(path);
		exit(1);
	}
	size_t len = fread(input, 1, sizeof input, f);
	fclose(f);
	printf("# %s\n", path);
	fflush(stdout); /* if the target aborts, the last printed file is the finding */
	char *exact = fuzz_exact(input, len);
	(void)LLVMFuzzerTestOneInput((const uint8_t *)exact, len);
	free(exact);
}

static int is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	const char *name = strstr(argv[0], "fuzz_");
	char folder[PATH_MAX], path[PATH_MAX];
	struct dirent **files;

	for (int i = 1; i < argc; i++)
		give(argv[i]);
	if (argc > 1)
		return 0;
	for (const char *s = name; s; s = strstr(s + 1, "fuzz_"))
		name = s;
	snprintf(folder, sizeof folder, "tests/fuzz/corpus/%s", name ? name + 5 : "");
	int n = scandir(folder, &files, is_input, alphasort);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%.2000s/%s", folder, files[i]->d_name);
		give(path);
		free(files[i]);
	}
	if (n >= 0)
		free(files);
	printf("1..1\n%sok 1 - the target handles %d inputs of %s correctly\n", n > 0 ? "" : "not ",
		n, folder);
	return n > 0 ? 0 : 1;
}
