// A value's check and its JSON text are one walk: what is checked is what is handed on.
#include "manifest/config.hpp"

#include <algorithm>

#include "manifest/choices.hpp"
#include "manifest/file.hpp"
#include "manifest/json_text.hpp"

namespace socle::manifest {

namespace {

constexpr std::size_t longest_secret = 64 << 10;

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// One conversion of settings of a file; `folders` is null while only a schema is checked.
class Converter {
 public:
  Converter(const ConfigFolders* folders, Problems& problems) : folders_(folders), problems_(problems) {}

  // JSON text of the value, or "null" after a problem.
  std::string convert(const ConfigField& field, const Node& node) {
    switch (field.type) {
      case ConfigType::string: return field.secret ? secret(node) : string(field, node);
      case ConfigType::integer: return measured<std::int64_t>(field, node);
      case ConfigType::number: return measured<double>(field, node);
      case ConfigType::boolean: return scalar<bool>(node);
      case ConfigType::duration: return measured<Duration>(field, node);
      case ConfigType::size: return measured<ByteSize>(field, node);
      case ConfigType::path: return path(node);
      case ConfigType::enumeration: return enumeration(field, node);
      case ConfigType::list: return list(field, node);
      case ConfigType::map: return map(field, node);
    }
    return "null";
  }

 private:
  std::string refuse(const Node& node, const std::string& wanted, const std::string& hint = {}) {
    problems_.add(node.at, "expected " + wanted + ", found " + found(node) + hint);
    return "null";
  }

  static std::string json(std::int64_t value) { return std::to_string(value); }
  static std::string json(double value) { return to_string(value); }
  static std::string json(bool value) { return value ? "true" : "false"; }
  static std::string json(Duration value) { return std::to_string(value.count()); }
  static std::string json(ByteSize value) { return std::to_string(value.bytes); }

  template <class T>
  std::optional<T> parse(const Node& node) {
    if (node.kind == Node::Kind::scalar && !(Text<T>::bare && node.quoted)) {
      if (auto value = Text<T>::parse(node.text)) return value;
    }
    refuse(node, Text<T>::wanted());
    return std::nullopt;
  }

  template <class T>
  std::string scalar(const Node& node) {
    const auto value = parse<T>(node);
    return value ? json(*value) : "null";
  }

  template <class T>
  std::string measured(const ConfigField& field, const Node& node) {
    const auto value = parse<T>(node);
    if (!value) return "null";
    // The bounds themselves were checked with the schema.
    if (field.minimum) {
      if (const auto least = Text<T>::parse(field.minimum->text); least && *value < *least) {
        return refuse(node, "at least " + field.minimum->text);
      }
    }
    if (field.maximum) {
      if (const auto most = Text<T>::parse(field.maximum->text); most && *most < *value) {
        return refuse(node, "at most " + field.maximum->text);
      }
    }
    return json(*value);
  }

  bool is_string(const Node& node) {
    if (node.kind != Node::Kind::scalar) {
      refuse(node, "a string");
      return false;
    }
    if (!node.quoted && (parse_number(node.text) || Text<bool>::parse(node.text))) {
      refuse(node, "a string", "; put it in quotes to mean the text");
      return false;
    }
    return true;
  }

  std::string string(const ConfigField& field, const Node& node) {
    if (!is_string(node)) return "null";
    if (field.max_length && characters(node.text) > *field.max_length) {
      return refuse(node, "at most " + std::to_string(*field.max_length) + " characters");
    }
    return json_quoted(node.text);
  }

  std::string enumeration(const ConfigField& field, const Node& node) {
    const auto& values = field.values;
    if (node.kind == Node::Kind::scalar && std::find(values.begin(), values.end(), node.text) != values.end()) {
      return json_quoted(node.text);
    }
    std::string wanted = values.size() == 1 ? "" : "one of ";
    for (std::size_t i = 0; i < values.size(); ++i) {
      wanted += (i == 0 ? "" : i + 1 == values.size() ? " or " : ", ") + values[i];
    }
    return refuse(node, wanted, did_you_mean(node.text, {values.begin(), values.end()}));
  }

  std::string path(const Node& node) {
    if (!is_string(node)) return "null";
    if (node.text.empty()) return refuse(node, "a path");
    return folders_ == nullptr ? "null" : json_quoted((folders_->data / node.text).lexically_normal().string());
  }

  // The value itself never appears in a message.
  std::string secret(const Node& node) {
    constexpr std::string_view prefix = "file:";
    if (node.kind != Node::Kind::scalar || !node.text.starts_with(prefix)) {
      problems_.add(node.at,
                    "this setting is a secret; expected file:PATH, found a value; put it into a file that only the "
                    "kernel's user can read");
      return "null";
    }
    if (folders_ == nullptr) return "null";
    const auto file = folders_->manifest / node.text.substr(prefix.size());
    auto text = read_file(file, longest_secret);
    if (!text) {
      problems_.add(node.at, "read the secret: " + text.error().message);
      return "null";
    }
    while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
    if (text->empty()) {
      problems_.add(node.at, "read the secret: the file '" + file.string() + "' is empty");
      return "null";
    }
    if (!is_json_text(*text)) {
      problems_.add(node.at, "read the secret: the file '" + file.string() + "' is not UTF-8 text");
      return "null";
    }
    return json_quoted(*text);
  }

  bool count_fits(const ConfigField& field, const Node& node, std::size_t count) {
    if (!field.max_length || count <= *field.max_length) return true;
    problems_.add(node.at,
                  "expected at most " + std::to_string(*field.max_length) + " entries, found " + std::to_string(count));
    return false;
  }

  std::string list(const ConfigField& field, const Node& node) {
    if (node.kind != Node::Kind::sequence) return refuse(node, "a list");
    if (!count_fits(field, node, node.items.size())) return "null";
    std::string text;
    for (const auto& item : node.items) text += (text.empty() ? "[" : ",") + entry(field, item);
    return text.empty() ? "[]" : text + "]";
  }

  std::string map(const ConfigField& field, const Node& node) {
    if (node.kind != Node::Kind::map) return refuse(node, "a map");
    if (!count_fits(field, node, node.members.size())) return "null";
    std::map<std::string, std::string> entries;
    for (const auto& member : node.members) entries[member.key] = entry(field, member.value);
    return json_object(entries);
  }

  std::string entry(const ConfigField& field, const Node& node) {
    static const ConfigField any_string;
    return convert(field.items ? *field.items : any_string, node);
  }

  const ConfigFolders* folders_;
  Problems& problems_;
};

void check_field(const ConfigField& field, Problems& problems) {
  Converter converter(nullptr, problems);
  ConfigField unbounded = field;
  unbounded.minimum.reset();
  unbounded.maximum.reset();
  const auto before = problems.count();
  if (field.minimum) converter.convert(unbounded, *field.minimum);
  if (field.maximum) {
    unbounded.minimum = field.minimum;
    converter.convert(unbounded, *field.maximum);
  }
  if (field.items) check_field(*field.items, problems);
  if (field.default_value && problems.count() == before) converter.convert(field, *field.default_value);
}

}  // namespace

void check_config_schema(const ConfigSchema& schema, Problems& problems) {
  for (const auto& [name, field] : schema) check_field(field, problems);
}

std::string resolve_config(const ConfigSchema& schema, const Node* given, Place at, const ConfigFolders& folders,
                           Problems& problems) {
  Converter converter(&folders, problems);
  std::map<std::string, std::string> values;
  std::vector<std::string_view> known;
  for (const auto& [name, field] : schema) {
    known.push_back(name);
    const Node* value = given == nullptr ? nullptr : given->find(name);
    if (value != nullptr) {
      values[name] = converter.convert(field, *value);
    } else if (field.default_value) {
      values[name] = converter.convert(field, *field.default_value);
    } else if (field.required) {
      problems.add(given == nullptr ? at : given->at, "missing setting '" + name + "' (" +
                                                          Text<ConfigType>::print(field.type) + ")" +
                                                          (field.describe.empty() ? "" : ": " + field.describe));
    }
  }
  if (given != nullptr && given->kind != Node::Kind::map && given->kind != Node::Kind::null) {
    problems.add(given->at, "expected a map of settings, found " + found(*given));
  }
  if (given != nullptr) {
    for (const auto& member : given->members) {
      if (schema.find(member.key) != schema.end()) continue;
      problems.add(member.at, "unknown setting " + in_quotes(member.key) + did_you_mean(member.key, known));
    }
  }
  return json_object(values);
}

}  // namespace socle::manifest
