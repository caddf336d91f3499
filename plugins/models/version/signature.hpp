// signature.hpp: a tenant's signature of a version: Ed25519 over "socle-model/1\nKIND/NAME\nHASH\n". Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "socle/result.hpp"

namespace socle::models {

// The bytes that are signed.
[[nodiscard]] std::string signed_text(std::string_view model, std::string_view hash);

// 32 bytes of a public key, or 64 of a signature, in hex or base64.
[[nodiscard]] Result<std::string> key_bytes(std::string_view text, std::size_t size);

// OK when `keys` is empty and nothing is signed, or `signature` is by `key`, and `key` one of `keys` if there are any.
// Code::denied otherwise, with the reason.
[[nodiscard]] Status check_signature(const std::vector<std::string>& keys, std::string_view key,
                                     std::string_view signature, std::string_view model, std::string_view hash);

}  // namespace socle::models
