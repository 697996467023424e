/* bench_cjson.c - the cost of parsing alone with cJSON: one tree per line, made and freed. Text
 * before the object is skipped. */
#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
	uint64_t lines = 0, rejected = 0;
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;

	while ((len = getline(&line, &cap, stdin)) > 0) {
		const char *object = memchr(line, '{', (size_t)len);
		cJSON *tree = object ? cJSON_ParseWithLength(object, (size_t)(line + len - object))
				     : NULL;

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
