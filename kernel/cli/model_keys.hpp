// cli/model_keys.hpp: keys of authors: signing what `model apply` publishes, and reading those that `model trust`
// names. What is signed: docs/models.md, "Hash and signature". One thread.
#pragma once

#include <string>

#include "socle/result.hpp"

namespace socle::cli {

// What a publish brings along beside its text, in hex; empty: none.
struct ModelSignature {
  std::string key{}, value{};
};
// `key_file`: an Ed25519 private key in PEM; "": no signature. `model` is KIND/NAME. No message tells the key.
[[nodiscard]] Result<ModelSignature> sign_model(const std::string& key_file, const std::string& model,
                                                const std::string& hash);

// A public key as typed (hex or base64), or in the file of that name, PEM or plain; its 32 bytes in hex.
[[nodiscard]] Result<std::string> public_key_of(const std::string& given);

}  // namespace socle::cli
