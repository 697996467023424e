/* bench_cjson.c - what parsing alone costs with cJSON: a tree for each line, made and freed. */
#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void)
{
	uint64_t lines = 0, rejected = 0;
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;

	while ((len = getline(&line, &cap, stdin)) > 0) {
		cJSON *tree = cJSON_ParseWithLength(line, (size_t)len);

		lines++;
		if (tree == NULL)
			rejected++;
		cJSON_Delete(tree);
	}
	free(line);
	if (ferror(stdin)) {
		perror("bench_cjson: error: unable to read");
		return 1;
	}
	printf("%llu %llu\n", (unsigned long long)lines, (unsigned long long)rejected);
	return 0;
}
