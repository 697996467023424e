/* make_site_lines.c - the benchmark's realistic input: a site's log over days, as a product writes
 * it.
 *
 *     make_site_lines FORMAT [LINES [DAYS]] >FILE    500000 lines over 14 days
 *     make_site_lines --list                         the formats, one per row, separated by tabs
 *
 * A row of --list contains the format's name, the options of anomdetect for it ("-": none), the
 * options of jq, jq's filter, and a description.
 *
 * The requests are the same in each format (tests/bench/site/traffic.h). The seed is fixed: the
 * same arguments make the same bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/site/formats.h"

#define LINES 500000
#define DAYS  14

static int list_formats(void)
{
	for (const struct site_format *f = formats_all; f->name; f++)
		printf("%s\t%s\t%s\t%s\t%s\n", f->name, f->options, f->jq, f->filter, f->about);
	return 0;
}

static const struct site_format *find_format(const char *name)
{
	const struct site_format *f = formats_all;

	while (f->name && strcmp(f->name, name) != 0)
		f++;
	return f->name ? f : NULL;
}

static bool read_number(const char *s, uint32_t min, uint32_t max, uint32_t *out)
{
	char *end;
	unsigned long long n = strtoull(s, &end, 10);

	*out = (uint32_t)n;
	return *s >= '0' && *s <= '9' && *end == '\0' && n >= min && n <= max;
}

static int write_lines(const struct site_format *f, uint32_t lines, uint32_t days)
{
	static struct traffic_request request;
	static struct text line;
	struct traffic *t = traffic_new(lines, days);

	if (!t) {
		perror("make_site_lines: error");
		return 1;
	}
	for (uint32_t i = 0; i < lines; i++) {
		line.len = 0;
		traffic_request(t, i, &request);
		f->write(&line, &request);
		text_char(&line, '\n');
		if (line.full) {
			fputs("make_site_lines: error: a line is too long\n", stderr);
			return 1;
		}
		if (fwrite(line.s, line.len, 1, stdout) != 1)
			break;
	}
	traffic_free(t);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("make_site_lines: error: unable to write");
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	uint32_t lines = LINES, days = DAYS;
	const struct site_format *f;

	if (argc == 2 && strcmp(argv[1], "--list") == 0)
		return list_formats();
	f = argc >= 2 && argc <= 4 ? find_format(argv[1]) : NULL;
	if (!f || (argc > 2 && !read_number(argv[2], TRAFFIC_LINES_MIN, 100000000, &lines)) ||
		(argc > 3 && !read_number(argv[3], 1, TRAFFIC_DAYS_MAX, &days))) {
		fprintf(stderr,
			"usage: make_site_lines FORMAT [LINES [DAYS]] (FORMAT: see --list; "
			"LINES: from %d; DAYS: 1 to %d)\n",
			TRAFFIC_LINES_MIN, TRAFFIC_DAYS_MAX);
		return 2;
	}
	return write_lines(f, lines, days);
}
