// What AES-GCM has to answer before it is trusted with data.
#ifndef SEALGATE_AES_GCM_SELF_TEST_H
#define SEALGATE_AES_GCM_SELF_TEST_H

/// 1 where AES-128-GCM and AES-256-GCM, fetched from OpenSSL with `properties`, give the answers
/// of other implementations and refuse a wrong tag; else 0.
int gcm_self_test(const char *properties);

#endif
