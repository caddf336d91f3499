# socle_add_plugin(): see the SDK.
