// model_files.hpp: models as files: any .yaml, .yml or .json below a folder is one model, and its name key says which.
// Reads and writes files only; any thread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "socle/result.hpp"

namespace socle::cli {

struct ModelFile {
  std::filesystem::path path;  // as it is shown: relative to the folder
  std::string kind, name, text;
  bool json = false;
  [[nodiscard]] std::string key() const { return kind + "/" + name; }
};

// All models below a folder: rules and policies before the forms that may name them. Code::invalid names every file
// that says not which model it is, or one that another file is already; not_found: the folder holds none.
[[nodiscard]] Result<std::vector<ModelFile>> read_models(const std::filesystem::path& folder);

// FOLDER/KIND/NAME.yaml or .json, whole or not at all.
[[nodiscard]] Status write_model(const std::filesystem::path& folder, const ModelFile& model);

// Which model a text is, "" when it does not say.
void identify(ModelFile& file);

}  // namespace socle::cli
