#include "cli/model_keys.hpp"

#include <sstream>

#include "base/file.hpp"
#include "base/signature.hpp"
#include "base/text.hpp"

namespace socle::cli {
namespace {

constexpr std::size_t largest_key_file = 16384;

}  // namespace

Result<ModelSignature> sign_model(const std::string& key_file, const std::string& model, const std::string& hash) {
  if (key_file.empty()) return ModelSignature{};
  const auto pem = base::read_file(key_file, largest_key_file);
  if (!pem) return pem.error();
  std::string text("socle-model/1\n");
  text.append(model).append("\n").append(hash).append("\n");
  const auto made = base::sign_ed25519(*pem, text);
  if (!made) return Error(made.error()).context(key_file);
  return ModelSignature{base::to_hex(made->key.raw), base::to_hex(made->signature)};
}

Result<std::string> public_key_of(const std::string& given) {
  std::string text = given;
  if (const auto file = base::read_file(given, largest_key_file)) {
    text.clear();
    std::istringstream lines(*file);
    for (std::string line; std::getline(lines, line);)
      if (!line.starts_with("-----")) text += line;
  }
  const auto key = base::parse_public_key(text);
  if (!key) return Error(key.error()).context(given);
  return base::to_hex(key->raw);
}

}  // namespace socle::cli
