/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names of netlink attributes, so that an error can say which one was wrong.
 * The tables are generated from the YAML spec.
 */
#ifndef _FP_ATTR_NAMES_H
#define _FP_ATTR_NAMES_H

/**
 * struct fp_op_name - an operation and the attributes of its messages
 * @name: as the spec writes it
 * @attrs: name of each attribute, NULL where there is none
 * @max: highest attribute
 */
struct fp_op_name {
	const char *name;
	const char * const *attrs;
	int max;
};

/**
 * struct fp_attr_nest - an attribute that holds other attributes
 * @outer: table that the attribute stands in
 * @attr: the attribute
 * @inner: table of what it holds
 * @max: highest attribute of @inner
 */
struct fp_attr_nest {
	const char * const *outer;
	int attr;
	const char * const *inner;
	int max;
};

extern const struct fp_op_name fp_op_names[];
extern const struct fp_attr_nest *fp_attr_nests;	/* ends with outer NULL */

#endif /* _FP_ATTR_NAMES_H */
