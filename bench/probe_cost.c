// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Measures what BPF programs cost, by the kernel's own statistics
 * (BPF_ENABLE_STATS, which end with this process): one of bench/cost.bpf.c,
 * which it loads and feeds on, or those that another process has loaded. Knows
 * nothing of tcc-trace, nor of the traffic.
 *
 *	probe_cost load OBJECT PROGRAM SECONDS
 *	probe_cost watch PID SECONDS
 * print "NS EVENTS DROPPED": ns per event, events, events that found no room.
 *	probe_cost others
 * prints how many programs are attached to tcp_probe.
 */
#include "config.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PROGRAMS_MAX 16
#define PACE_US 1000		/* tcc-trace's own, src/base/loop.c */
#define WARM_UP_SECONDS 0.3

struct sample {
	uint64_t run_ns;
	uint64_t events;	/* runs of the program that ran most */
};

/* What is measured, and what has to be fed on meanwhile. */
struct subject {
	int fds[PROGRAMS_MAX];
	int n;
	struct ring_buffer *ringbuf;	/* or NULL */
};

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int take_sample(const struct subject *subject, struct sample *sample)
{
	sample->run_ns = sample->events = 0;
	for (int i = 0; i < subject->n; i++) {
		struct bpf_prog_info info = { 0 };
		__u32 size = sizeof(info);

		if (bpf_obj_get_info_by_fd(subject->fds[i], &info, &size))
			return -errno;
		sample->run_ns += info.run_time_ns;
		if (info.run_cnt > sample->events)
			sample->events = info.run_cnt;
	}
	return 0;
}

static void wait_seconds(const struct subject *subject, double seconds)
{
	double end = now_seconds() + seconds;

	while (now_seconds() < end) {
		if (subject->ringbuf)
			ring_buffer__consume(subject->ringbuf);
		usleep(PACE_US);
	}
}

static int measure(const struct subject *subject, double seconds, struct sample *out)
{
	struct sample before, after;
	int err;

	wait_seconds(subject, WARM_UP_SECONDS);
	err = take_sample(subject, &before);
	if (err)
		return err;
	wait_seconds(subject, seconds);
	err = take_sample(subject, &after);
	out->run_ns = after.run_ns - before.run_ns;
	out->events = after.events - before.events;
	return err;
}

static void print_result(const struct sample *sample, uint64_t dropped)
{
	double ns = sample->events ? (double)sample->run_ns / (double)sample->events : 0;

	printf("%.1f %" PRIu64 " %" PRIu64 "\n", ns, sample->events, dropped);
}

/* --- a program of bench/cost.bpf.c --------------------------------------- */

/* Read all of an event, as a reader that formats it would. */
static int read_event(void *context, void *data, size_t size)
{
	volatile uint64_t *sum = context;

	for (size_t i = 0; i + sizeof(uint64_t) <= size; i += sizeof(uint64_t))
		*sum += *(const uint64_t *)((const char *)data + i);
	return 0;
}

/* Only the program asked for, and no map of tcc-trace's own ring. */
static struct bpf_program *choose(struct bpf_object *object, const char *name)
{
	struct bpf_program *program, *chosen = NULL;
	struct bpf_map *map;

	bpf_object__for_each_program(program, object) {
		bool is_chosen = strcmp(bpf_program__name(program), name) == 0;

		bpf_program__set_autoload(program, is_chosen);
		if (is_chosen)
			chosen = program;
	}
	bpf_object__for_each_map(map, object) {
		if (strncmp(bpf_map__name(map), "tcc_", 4) == 0)
			bpf_map__set_autocreate(map, false);
	}
	return chosen;
}

static uint64_t count_dropped(const struct bpf_object *object)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, "bench_dropped");
	uint64_t count = 0;
	__u32 key = 0;

	bpf_map_lookup_elem(bpf_map__fd(map), &key, &count);
	return count;
}

static int run_loaded(struct bpf_object *object, struct bpf_program *program, double seconds)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, "bench_ringbuf");
	struct subject subject = { .fds = { bpf_program__fd(program) }, .n = 1 };
	struct sample sample;
	struct bpf_link *link;
	uint64_t sum = 0;
	int err;

	subject.ringbuf = ring_buffer__new(bpf_map__fd(map), read_event, &sum, NULL);
	if (!subject.ringbuf)
		return -errno;
	link = bpf_program__attach(program);
	err = link ? measure(&subject, seconds, &sample) : -errno;
	bpf_link__destroy(link);
	if (!err)
		print_result(&sample, count_dropped(object));
	ring_buffer__free(subject.ringbuf);
	return err;
}

static int load(const char *path, const char *name, double seconds)
{
	struct bpf_object *object = bpf_object__open(path);
	struct bpf_program *program;
	int err;

	if (!object)
		return -errno;
	program = choose(object, name);
	err = program ? bpf_object__load(object) : -ENOENT;
	if (!err)
		err = run_loaded(object, program, seconds);
	bpf_object__close(object);
	return err;
}

/* --- another process's programs ------------------------------------------- */

static uint32_t program_of_fd(const char *pid, const char *fd)
{
	char path[300], line[256];
	uint32_t id = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", pid, fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "prog_id: %" SCNu32, &id) == 1)
			break;
	}
	if (file)
		fclose(file);
	return id;
}

static void add_program(struct subject *subject, uint32_t ids[], uint32_t id)
{
	int fd;

	for (int i = 0; i < subject->n; i++) {
		if (ids[i] == id)
			return;
	}
	fd = subject->n < PROGRAMS_MAX ? bpf_prog_get_fd_by_id(id) : -1;
	if (fd < 0)
		return;
	ids[subject->n] = id;
	subject->fds[subject->n++] = fd;
}

static int find_programs(struct subject *subject, const char *pid)
{
	uint32_t ids[PROGRAMS_MAX], id;
	struct dirent *entry;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fdinfo", pid);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		id = program_of_fd(pid, entry->d_name);
		if (id)
			add_program(subject, ids, id);
	}
	closedir(dir);
	return subject->n ? 0 : -ENOENT;
}

static int watch(const char *pid, double seconds)
{
	struct subject subject = { 0 };
	struct sample sample;
	int err;

	err = find_programs(&subject, pid);
	if (!err)
		err = measure(&subject, seconds, &sample);
	if (!err)
		print_result(&sample, 0);
	for (int i = 0; i < subject.n; i++)
		close(subject.fds[i]);
	return err;
}

/* --- who else is there ------------------------------------------------------ */

static bool is_on_tcp_probe(uint32_t link_id)
{
	struct bpf_link_info info = { 0 };
	__u32 size = sizeof(info);
	char name[64] = "";
	int fd = bpf_link_get_fd_by_id(link_id);
	bool is_found;

	if (fd < 0)
		return false;
	info.raw_tracepoint.tp_name = (__u64)(uintptr_t)name;
	info.raw_tracepoint.tp_name_len = sizeof(name);
	is_found = !bpf_obj_get_info_by_fd(fd, &info, &size) &&
		   info.type == BPF_LINK_TYPE_RAW_TRACEPOINT && strcmp(name, "tcp_probe") == 0;
	close(fd);
	return is_found;
}

static int others(void)
{
	uint32_t id = 0;
	int n = 0;

	while (!bpf_link_get_next_id(id, &id))
		n += is_on_tcp_probe(id);
	printf("%d\n", n);
	return 0;
}

/* ------------------------------------------------------------------------- */

static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

int main(int argc, char *argv[])
{
	int err;

	libbpf_set_print(print_libbpf);
	if (argc == 2 && strcmp(argv[1], "others") == 0)
		return others();
	if (bpf_enable_stats(BPF_STATS_RUN_TIME) < 0)
		err = -errno;
	else if (argc == 5 && strcmp(argv[1], "load") == 0)
		err = load(argv[2], argv[3], strtod(argv[4], NULL));
	else if (argc == 4 && strcmp(argv[1], "watch") == 0)
		err = watch(argv[2], strtod(argv[3], NULL));
	else
		err = -EINVAL;
	if (err)
		fprintf(stderr, "probe_cost: %s\n", strerror(-err));
	return err ? 1 : 0;
}
