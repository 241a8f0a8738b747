// SPDX-License-Identifier: GPL-2.0
#include "urbscope/spec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"

struct reader {
	struct document doc;
	struct check_spec *spec;
};

static int wrong(struct reader *r, const yaml_node_t *at, const char *what)
{
	return document_wrong(&r->doc, at, what);
}

static yaml_node_t *node_of(struct reader *r, int index)
{
	return document_node(&r->doc, index);
}

typedef int (*take)(struct reader *r, struct check_target *target, const yaml_node_t *key,
		    const yaml_node_t *value);

/* One value, or a list of them. */
static int take_each(struct reader *r, struct check_target *target, const yaml_node_t *key,
		     const yaml_node_t *value, take take)
{
	int err = 0;

	if (value->type != YAML_SEQUENCE_NODE)
		return take(r, target, key, value);
	for (yaml_node_item_t *i = value->data.sequence.items.start;
	     !err && i < value->data.sequence.items.top; i++)
		err = take(r, target, key, node_of(r, *i));
	return err;
}

static int take_selector(struct reader *r, struct check_target *target, const yaml_node_t *key,
			 const yaml_node_t *value)
{
	const char *text = document_text(value);
	struct fault fault = { "" };
	size_t used = strlen(target->name);

	(void)key;
	if (!text)
		return wrong(r, value, "endpoint: write a selector, such as 17e9:6006/bulk-in");
	if (target->selector_cnt == CHECK_SELECTORS)
		return wrong(r, value, "endpoint: too many selectors together; write wider ones");
	if (selector_parse(text, &target->selectors[target->selector_cnt], &fault))
		return wrong(r, value, fault.text);
	target->selector_cnt++;
	snprintf(target->name + used, sizeof(target->name) - used, "%s%s", used ? " or " : "", text);
	return 0;
}

static int take_include(struct reader *r, struct check_target *target, const yaml_node_t *key,
			const yaml_node_t *value)
{
	const char *text = document_text(value);

	(void)key;
	if (text && !strcmp(text, "ramp"))
		target->include_ramp = true;
	else if (text && !strcmp(text, "drain"))
		target->include_drain = true;
	else
		return wrong(r, value, "include: write ramp, drain, or [ramp, drain]");
	return 0;
}

static int take_assertion(struct reader *r, struct check_target *target, const yaml_node_t *key,
			  const yaml_node_t *value)
{
	const char *name = document_text(key), *text = document_text(value);
	struct fault fault = { "" };
	struct assertion *a = check_target_assertion(target);
	int err = -EINVAL;

	if (!a) {
		fault_set(r->doc.fault, "%s: out of memory", r->doc.path);
		return -ENOMEM;
	}
	for (int kind = 0; text && kind < ASSERTION_KINDS; kind++) {
		if (!strcmp(name, assertion_info(kind)->name))
			err = assertion_parse(kind, text, a, &fault);
	}
	if (text && !strcmp(name, "model"))
		err = assertion_parse_model(text, a, &fault);
	if (text && !strcmp(name, "rules")) {
		*a = (struct assertion){ .kind = ASSERT_RULES, .share = 1 };
		err = strcmp(text, "all") ? -EINVAL : 0;
		if (err)
			fault_set(&fault, "rules: write all");
	}
	return err ? wrong(r, value, text ? fault.text : "write one value, or a list of them") : 0;
}

static bool is_assertion(const char *name)
{
	for (int kind = 0; kind < ASSERTION_KINDS; kind++) {
		if (!strcmp(name, assertion_info(kind)->name))
			return true;
	}
	return !strcmp(name, "model") || !strcmp(name, "rules");
}

static int take_pair(struct reader *r, struct check_target *target, const yaml_node_t *key,
		     const yaml_node_t *value)
{
	const char *name = document_text(key);
	char what[200];

	if (name && !strcmp(name, "endpoint"))
		return take_each(r, target, key, value, take_selector);
	if (name && !strcmp(name, "include"))
		return take_each(r, target, key, value, take_include);
	if (name && is_assertion(name))
		return take_each(r, target, key, value, take_assertion);
	snprintf(what, sizeof(what), "no key '%.60s': `urbscope check --help` lists the assertions",
		 name ? name : "?");
	return wrong(r, key, what);
}

static int take_target(struct reader *r, const yaml_node_t *node)
{
	struct check_target *target;

	if (node->type != YAML_MAPPING_NODE)
		return wrong(r, node, "write `endpoint: SELECTOR` and what must hold on it");
	target = check_spec_target(r->spec);
	if (!target) {
		fault_set(r->doc.fault, "%s: out of memory", r->doc.path);
		return -ENOMEM;
	}
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		int err = take_pair(r, target, node_of(r, pair->key), node_of(r, pair->value));

		if (err)
			return err;
	}
	if (!target->selector_cnt)
		return wrong(r, node, "on which endpoint? Add `endpoint: SELECTOR`");
	if (!target->assertion_cnt)
		return wrong(r, node, "nothing must hold here; add an assertion, such as `min-depth: 2`");
	return 0;
}

static int take_document(struct reader *r)
{
	const yaml_node_t *root = yaml_document_get_root_node(&r->doc.yaml);
	int err = 0;

	if (!root) {
		fault_set(r->doc.fault, "%.200s: empty: a spec is a list of `- endpoint: SELECTOR` with what "
					"must hold there", r->doc.path);
		return -EINVAL;
	}
	if (root->type != YAML_SEQUENCE_NODE || root->data.sequence.items.start ==
						root->data.sequence.items.top)
		return wrong(r, root, "a spec is a list: begin with `- endpoint: SELECTOR`");
	for (yaml_node_item_t *i = root->data.sequence.items.start;
	     !err && i < root->data.sequence.items.top; i++)
		err = take_target(r, node_of(r, *i));
	return err;
}

int spec_parse(const char *path, const void *text, size_t size, struct check_spec *spec,
	       struct fault *fault)
{
	struct reader r = { .spec = spec };
	int err = document_load(&r.doc, path, text, size,
				"; a selector that begins with * must be quoted: '*/bulk-in'", fault);

	if (err)
		return err;
	err = take_document(&r);
	document_release(&r.doc);
	return err;
}

int spec_read(const char *path, struct check_spec *spec, struct fault *fault)
{
	size_t size;
	char *text;
	int err = document_slurp(path, &text, &size, fault);

	if (!err)
		err = spec_parse(path, text, size, spec, fault);
	free(text);
	return err;
}
