// The table of one setting in a plugin manifest's `config`.
#include "manifest/choices.hpp"
#include "manifest/tables.hpp"

namespace socle::manifest {

namespace {

// `items` is a setting again. A field made by field() would ask for the table that is just being made.
Field<ConfigField> items_field() {
  Field<ConfigField> made;
  made.doc = {"items", {"setting"}, "strings", "Of list and map: what each entry is; a setting like this one.",
              "",      false};
  made.read = [](const Node& node, Reader& reader, ConfigField& value) {
    auto items = std::make_shared<ConfigField>();
    object_of<ConfigField>().read(node, reader, *items);
    value.items = std::move(items);
  };
  made.flatten = [](const ConfigField& value, const std::string& path, Flat& flat) {
    if (value.items) object_of<ConfigField>().flatten(*value.items, path, flat);
  };
  return made;
}

void check_shape(const Node& node, Reader& reader, ConfigField& value) {
  const auto refuse = [&](std::string_view key, std::string_view types) {
    if (const Node* found = node.find(key)) {
      reader.problems.add(found->at, "'" + std::string(key) + "' is for " + std::string(types) + ", found type " +
                                         Text<ConfigType>::print(value.type));
    }
  };
  const auto type = value.type;
  const bool measured = type == ConfigType::integer || type == ConfigType::number || type == ConfigType::duration ||
                        type == ConfigType::size;
  const bool collection = type == ConfigType::list || type == ConfigType::map;
  if (!measured) refuse("minimum", "integer, number, duration and size");
  if (!measured) refuse("maximum", "integer, number, duration and size");
  if (!collection && type != ConfigType::string) refuse("max_length", "string, list and map");
  if (!collection) refuse("items", "list and map");
  if (type != ConfigType::string && value.secret) refuse("secret", "string");
  if (type != ConfigType::enumeration) refuse("values", "enum");
  if (type == ConfigType::enumeration && value.values.empty()) {
    reader.problems.add(node.at, "missing key 'values' (list of strings): an enum needs its allowed values");
  }
  if (value.required && value.default_value) {
    reader.problems.add(value.default_value->at, "a required setting has no default");
  }
  if (value.secret && value.default_value) {
    reader.problems.add(value.default_value->at, "a secret has no default");
  }
}

}  // namespace

template <>
const Object<ConfigField>& object_of<ConfigField>() {
  using C = ConfigField;
  static const auto object =
      Object<C>("Setting",
                "One setting of the plugin. The system manifest gives its value under `config`; the plugin gets "
                "all settings as one JSON object, durations as nanoseconds and sizes as bytes.",
                {field("type", &C::type, "What it is. A `path` is relative to the system's data folder.").required(),
                 field("default", &C::default_value, "Value when none is given.").absent("none: left out"),
                 field("required", &C::required, "Refuse a system manifest that does not give it."),
                 field("describe", &C::describe, "One sentence for people."),
                 field("minimum", &C::minimum, "Smallest value of integer, number, duration or size.").absent("none"),
                 field("maximum", &C::maximum, "Largest value of integer, number, duration or size.").absent("none"),
                 field("max_length", &C::max_length, "Longest string in characters, or most entries of a list or map.")
                     .absent("none"),
                 field("values", &C::values, "The allowed values of an enum."), items_field(),
                 field("secret", &C::secret,
                       "Of string: given as `file:PATH` (relative to the system manifest); the content, without a line "
                       "end at its end, is the value. Never shown.")})
          .rule(check_shape);
  return object;
}

Field<PluginManifest> config_field() {
  return field("config", &PluginManifest::config, "Settings by name.")
      .named(is_dotted_word, "a setting's name such as greeting")
      .also([](const Node&, Reader& reader, PluginManifest& manifest) {
        check_config_schema(manifest.config, reader.problems);
      });
}

}  // namespace socle::manifest
