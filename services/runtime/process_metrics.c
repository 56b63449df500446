/* process_metrics.c: what a process is and takes of its machine, by the names that Prometheus knows.
 *
 * Read from the kernel when it is shown; what cannot be read is NaN, never 0.
 */
#include "service_metrics.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include <hearth/clock.h>

static double read_cpu(void *context)
{
	struct rusage used;
	(void)context;
	if (getrusage(RUSAGE_SELF, &used) != 0)
		return NAN;
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static double read_memory(void *context)
{
	unsigned long whole, resident;
	FILE *file = fopen("/proc/self/statm", "re");
	(void)context;
	if (!file)
		return NAN;
	bool good = fscanf(file, "%lu %lu", &whole, &resident) == 2;
	fclose(file);
	return good ? (double)resident * (double)sysconf(_SC_PAGESIZE) : NAN;
}

static double read_descriptors(void *context)
{
	DIR *directory = opendir("/proc/self/fd");
	double count = -1;               /* the one that reads */
	(void)context;
	if (!directory)
		return NAN;
	for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory))
		count += entry->d_name[0] != '.';
	closedir(directory);
	return count;
}

static double read_most_descriptors(void *context)
{
	struct rlimit most;
	(void)context;
	return getrlimit(RLIMIT_NOFILE, &most) == 0 ? (double)most.rlim_cur : NAN;
}

void hearth_process_metrics(struct hearth_process *process)
{
	struct hearth_metrics *metrics = process->metrics;
	char labels[200];
	snprintf(labels, sizeof labels, "service=\"%s\",instance=\"%s\",version=\"" HEARTH_VERSION "\"", process->service->name,
	         process->instance_text);
	hearth_gauge_set(hearth_metrics_gauge(metrics, "hearth_info", "1; the labels say what this process is", labels), 1);
	hearth_gauge_set(hearth_metrics_gauge(metrics, "process_start_time_seconds", "when the process began, seconds since 1970", ""),
	                 (double)hearth_clock_wall() / 1e6);
	hearth_metrics_counter_of(metrics, "process_cpu_seconds_total", "processor time, user and system", "", read_cpu, NULL);
	hearth_metrics_gauge_of(metrics, "process_resident_memory_bytes", "memory that is resident", "", read_memory, NULL);
	hearth_metrics_gauge_of(metrics, "process_open_fds", "descriptors that are open", "", read_descriptors, NULL);
	hearth_metrics_gauge_of(metrics, "process_max_fds", "descriptors that may be open", "", read_most_descriptors, NULL);
}
