/* bench_silences.c - prints how often anomdetect would have reported a silence of a real log.
 *
 *     zcat access.log.gz | ... | bench_silences
 *
 * The input contains the times of requests, in seconds since 1970, one per line.
 *
 * Prints the requests, the days, the longest silence, the number of reported silences, and the
 * limit at the end. The program assumes that each request was read at its own time.
 */
#include <inttypes.h>
#include <stdio.h>

#include "core/measure/silences.h"

int main(void)
{
	struct silences s = {0};
	int64_t second, first = 0, last = 0, longest = 0;
	uint64_t n = 0, reported = 0;

	while (scanf("%" SCNd64, &second) == 1) {
		struct instant wall = instant_at_second(second);
		struct span silence = silences_now(&s, wall);

		if (n++ == 0)
			first = second;
		last = second;
		longest = span_to_seconds(silence) > longest ? span_to_seconds(silence) : longest;
		reported += silence.ms >= silences_limit(&s, wall).ms;
		silences_note(&s, wall);
	}
	printf("%" PRIu64 " requests, %.1f days, longest silence %.2f h, %" PRIu64
	       " reported, limit %.2f h\n",
		n, (double)(last - first) / 86400, (double)longest / 3600, reported,
		(double)silences_limit(&s, instant_at_second(last)).ms / 3600000);
	return 0;
}
