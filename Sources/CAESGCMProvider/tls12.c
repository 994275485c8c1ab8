// Records of TLS 1.2 under AES-GCM, RFC 5288 section 3: libssl leaves nonces to the cipher.
#include <openssl/rand.h>
#include <string.h>

#include "state.h"

enum { FIXED_COUNT = 4, EXPLICIT_COUNT = NONCE_COUNT - FIXED_COUNT };

int tls12_set_fixed_nonce(gcm_state *state, const uint8_t *bytes, size_t count) {
    if (count != FIXED_COUNT) return 0;
    memcpy(state->nonce, bytes, FIXED_COUNT);
    // Where the counter begins is free; only that it never repeats under one key isn't.
    if (state->seals && RAND_bytes(state->nonce + FIXED_COUNT, EXPLICIT_COUNT) != 1) return 0;
    state->has_fixed_nonce = 1;
    return 1;
}

size_t tls12_set_associated(gcm_state *state, const uint8_t *bytes, size_t count) {
    if (count != TLS_ASSOCIATED_COUNT) return 0;
    memcpy(state->associated, bytes, count);
    size_t length = (size_t)bytes[count - 2] << 8 | bytes[count - 1];
    size_t extra = EXPLICIT_COUNT + (state->seals ? 0 : TAG_COUNT);
    if (length < extra) return 0;
    length -= extra;
    state->associated[count - 2] = (uint8_t)(length >> 8);
    state->associated[count - 1] = (uint8_t)length;
    state->has_associated = 1;
    return TAG_COUNT;
}

static void count_up(uint8_t *counter) {
    for (size_t index = EXPLICIT_COUNT; index > 0; index -= 1) {
        counter[index - 1] += 1;
        if (counter[index - 1] != 0) return;
    }
}

int tls12_record(gcm_state *state, uint8_t *record, size_t count, size_t *written) {
    const size_t overhead = EXPLICIT_COUNT + TAG_COUNT;
    int has_associated = state->has_associated;
    state->has_associated = 0;
    if (!has_associated || !state->has_fixed_nonce || count < overhead) return 0;
    uint8_t *data = record + EXPLICIT_COUNT;
    size_t data_count = count - overhead;
    uint8_t *explicit_nonce = state->nonce + FIXED_COUNT;
    if (state->seals) {
        memcpy(record, explicit_nonce, EXPLICIT_COUNT);
    } else {
        memcpy(explicit_nonce, record, EXPLICIT_COUNT);
    }
    int is_done = gcm_start(state->cipher, NULL, state->nonce, state->seals);
    if (state->seals) {
        count_up(explicit_nonce);
    } else if (is_done) {
        is_done = gcm_set_tag(state->cipher, data + data_count, TAG_COUNT);
    }
    is_done = is_done &&
              gcm_update(state->cipher, NULL, state->associated, TLS_ASSOCIATED_COUNT) &&
              gcm_update(state->cipher, data, data, data_count) && gcm_finish(state->cipher);
    if (is_done && state->seals) {
        is_done = gcm_get_tag(state->cipher, data + data_count, TAG_COUNT);
    }
    if (!is_done) {
        gcm_wipe(data, data_count);
        return 0;
    }
    *written = state->seals ? count : data_count;
    return 1;
}
