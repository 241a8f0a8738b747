// SPDX-License-Identifier: GPL-2.0
/*
 * `urbscope serve`, for `make static`: it is not there, as what GnuTLS needs has no archive. A board without
 * libraries has its exporter elsewhere.
 */
#include "cmd/command.h"

static const char doc[] =
	"Serves figures for Prometheus, over HTTP: not by this program, which was linked without shared libraries. "
	"Another machine can do it: ssh board urbscope record -o - | urbscope serve -.\v"
	"EXIT STATUS\n"
	"  2  always\n";

const struct argp *serve_argp(void)
{
	static const struct argp argp = { NULL, NULL, NULL, doc, NULL, NULL, NULL };

	return &argp;
}

int cmd_serve(int argc, char **argv)
{
	struct fault fault = { "" };

	(void)argc;
	(void)argv;
	fault_set(&fault, "serve is not in a program without shared libraries; on another machine: "
			  "ssh board urbscope record -o - | urbscope serve -");
	return cannot_run(&fault);
}
