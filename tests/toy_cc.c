// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * toy_cc OBJECT: registers the algorithm of toy_cc.bpf.c, says "ready", and keeps
 * it until stdin ends, or a signal says so: an algorithm registered this way would
 * outlive its process. Exit 77: this kernel refuses it, with its words on stderr.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void on_signal(int number)
{
	(void)number;	/* read() ends with EINTR */
}

static int fail(const char *what)
{
	fprintf(stderr, "cannot %s tcc_toy: %s\n", what, strerror(errno));
	return 1;
}

static int refused(const char *what)
{
	fail(what);
	return 77;
}

int main(int argc, char **argv)
{
	struct bpf_object *object = argc == 2 ? bpf_object__open_file(argv[1], NULL) : NULL;
	const struct sigaction action = { .sa_handler = on_signal };
	struct bpf_map *map;
	struct bpf_link *link;
	char byte;

	if (libbpf_get_error(object) || !object)
		return 1;
	if (bpf_object__load(object))
		return refused("load");
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	map = bpf_object__find_map_by_name(object, "tcc_toy");
	link = map ? bpf_map__attach_struct_ops(map) : NULL;
	if (libbpf_get_error(link) || !link)
		return errno == EEXIST ? fail("register") : refused("register");
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	bpf_link__destroy(link);
	bpf_object__close(object);
	return 0;
}
