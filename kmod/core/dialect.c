// SPDX-License-Identifier: GPL-2.0
/*
 * Whose SIP is it? Microsoft's servers and clients add methods, headers and
 * parameters of their own (MS-SIPRE, MS-SIP, MS-CONFBAS); nobody else sends them.
 */
#include <fedpat/sip.h>

static bool is_ms(struct fp_slice name)
{
	return fp_slice_istarts(name, FP_LIT("ms-"));
}

static bool has_ms_param(const struct fp_sip_msg *m, struct fp_span params)
{
	struct fp_param p;

	while (fp_param_next(m->buf, &params, &p))
		if (is_ms(fp_msg_at(m, p.name)))
			return true;
	return false;
}

/* Of Supported, Require or Proxy-Require. */
static bool has_ms_option(const struct fp_sip_msg *m, enum fp_hdr_id id)
{
	const struct fp_hdr_row *row;
	struct fp_span rest, item;

	for (row = fp_row_first(m, id); row; row = fp_row_next(m, row)) {
		rest = row->value;
		while (fp_list_next(m->buf, &rest, &item))
			if (is_ms(fp_msg_at(m, item)) ||
			    fp_slice_istarts(fp_msg_at(m, item), FP_LIT("com.microsoft.")))
				return true;
	}
	return false;
}

static bool is_ms_addr(const struct fp_sip_msg *m, const struct fp_nameaddr *na)
{
	struct fp_param p;

	switch (na->hdr) {
	case FP_H_FROM:
	case FP_H_TO:
		return fp_param_find(m->buf, na->params, FP_LIT("epid"), &p);
	case FP_H_CONTACT:
	case FP_H_ROUTE:
	case FP_H_RECORD_ROUTE:
		return has_ms_param(m, na->params) || has_ms_param(m, na->uri.params);
	default:
		return false;
	}
}

/**
 * fp_sip_is_microsoft() - does a message show Microsoft's dialect?
 * @m: the message, parsed without error
 *
 * Return: whether it has a method, header or parameter of it
 */
bool fp_sip_is_microsoft(const struct fp_sip_msg *m)
{
	u8 method = m->is_request ? m->method : m->cseq_method;

	if (method == FP_M_SERVICE || method == FP_M_BENOTIFY || method == FP_M_NEGOTIATE)
		return true;
	for (u32 i = 0; i < m->n_rows; i++)
		if (is_ms(fp_slice(m->buf + m->rows[i].off, m->rows[i].name_len)))
			return true;
	for (u32 i = 0; i < m->n_vias; i++)
		if (has_ms_param(m, m->vias[i].params))
			return true;
	for (u32 i = 0; i < m->n_addrs; i++)
		if (is_ms_addr(m, &m->addrs[i]))
			return true;
	return has_ms_option(m, FP_H_SUPPORTED) || has_ms_option(m, FP_H_REQUIRE) ||
	       has_ms_option(m, FP_H_PROXY_REQUIRE);
}
