/* process.c - see process.h. The memory comes from /proc/self/statm instead of getrusage: ru_maxrss
 * is the maximum so far, but the state must contain the current memory. */
#include "io/host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/base/num.h"

/* Room for seven numbers of at most 20 digits. */
#define STATM_TEXT_MAX 160

/* Parses "size resident shared ...\n", in pages; *pages is the second number. */
static bool resident_pages(const char *text, size_t len, uint64_t *pages)
{
	const char *first = memchr(text, ' ', len);

	if (!first)
		return false;
	first++;
	len -= (size_t)(first - text);
	const char *end = memchr(first, ' ', len);
	return end && num_u64(first, (size_t)(end - first), pages);
}

uint64_t process_memory_bytes(void)
{
	char text[STATM_TEXT_MAX];
	uint64_t pages;
	long page_bytes = sysconf(_SC_PAGESIZE);
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	ssize_t n = read(fd, text, sizeof text);
	(void)close(fd);
	if (n <= 0 || page_bytes <= 0 || !resident_pages(text, (size_t)n, &pages))
		return 0;
	return pages * (uint64_t)page_bytes;
}

bool process_is_short(int error)
{
	return error == ENOMEM || error == EMFILE || error == ENFILE || error == ENOBUFS ||
	       error == EAGAIN || error == EIO;
}

double process_cpu_seconds(void)
{
	struct rusage used;

	if (getrusage(RUSAGE_SELF, &used) < 0)
		return 0;
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

bool process_open_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	return fd >= 0 && close(fd) == 0;
}
