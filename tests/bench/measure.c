/* measure.c - runs a command and writes its wall time, CPU time and peak memory to a file.
 *
 *     measure FILE COMMAND [ARGUMENT...]     ->  "wall_s cpu_s maxrss_kib"
 *
 * This is a separate program, because the peak memory of a child begins with the memory of its
 * parent. Started by a shell or Python, a small command would show their memory. Times are in
 * microseconds, while time(1) cuts them to hundredths of a second.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	struct rusage used;
	double begun, wall;
	int status;
	pid_t child;
	FILE *out;

	if (argc < 3) {
		fputs("usage: measure FILE COMMAND [ARGUMENT...]\n", stderr);
		return 2;
	}
	begun = clock_now();
	child = fork();
	if (child == 0) {
		execvp(argv[2], argv + 2);
		perror("measure: error: unable to run the command");
		_exit(127);
	}
	if (child < 0 || wait4(child, &status, 0, &used) < 0) {
		perror("measure: error: unable to run the command");
		return 1;
	}
	wall = clock_now() - begun;
	out = fopen(argv[1], "w");
	if (out == NULL ||
		fprintf(out, "%.6f %.6f %ld\n", wall,
			seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss) < 0 ||
		fclose(out) != 0) {
		perror("measure: error: unable to write the result");
		return 1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
