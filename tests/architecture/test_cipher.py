"""Only the vault can decrypt: nothing else has the cipher, the keys or the table they are in."""

import ast
import re

from tests.architecture.source import imports, modules, room_of, strings

OPEN_TO_OTHERS = {"kvitto.vault.actions", "kvitto.vault.queries", "kvitto.vault.types", "kvitto.vault.digests"}
SIGNING = {"kvitto.audit.notes", "kvitto.audit.signing"}  # of the log's checkpoints
DIGESTS = {f"kvitto.vault.digests.{what}_digest" for what in ("receipt", "card", "goods")}
LISTS_OF_TABLES = {"kvitto.wiring.grants", "kvitto.wiring.walls"}  # who may do what with which, and with which rows


def outside():
    """The modules that are not the vault's."""
    return [module for module in modules() if room_of(module) != "vault"]


def test_nothing_outside_the_vault_imports_the_cipher():
    importers = {
        module for module in modules() if any(name.split(".")[0] == "cryptography" for name in imports(module))
    }

    assert importers == {"kvitto.vault.actions", "kvitto.vault.keyring", *SIGNING}


def test_who_signs_and_checks_signatures_does_nothing_else():
    signing = ("cryptography.exceptions", "cryptography.hazmat.primitives.asymmetric.ed25519")
    imported = {name for module in SIGNING for name in imports(module) if name.startswith("cryptography")}

    assert {name for name in imported if not name.startswith(signing)} == set()


def test_nothing_outside_the_vault_imports_its_insides():
    wrong = {
        (module, name)
        for module in outside()
        for name in imports(module)
        if re.match(r"kvitto\.vault\.", name) and ".".join(name.split(".")[:3]) not in OPEN_TO_OTHERS
    }

    assert wrong == set()


def test_the_digests_give_digests_and_not_their_key():
    wrong = {
        (module, name)
        for module in outside()
        for name in imports(module)
        if name.startswith("kvitto.vault.digests.") and name not in DIGESTS
    }

    assert wrong == set()


def test_nobody_reaches_for_the_keyring_through_another_module():
    """`vault.actions` has to import the keyring; what it imports could be read from it."""
    reached = {
        (module, node.attr)
        for module in outside()
        for node in ast.walk(modules()[module])
        if isinstance(node, ast.Attribute) and node.attr in {"keyring", "Keyring", "AESGCM", "_unwrap", "_keys_by_id"}
    }

    assert reached == set()


def test_no_sql_outside_the_vault_names_the_keys():
    wrong = {
        (module, text)
        for module in outside()
        for text in strings(module)
        if re.search(r"\b(vault_key|vault_keyring|wrapped)\b", text) and module not in LISTS_OF_TABLES
    }

    assert wrong == set()


def test_no_function_of_the_vault_hands_out_a_key():
    """Nothing public in what others may import is annotated as answering with a cipher or a keyring."""
    wrong = {
        (module, node.name)
        for module in OPEN_TO_OTHERS
        for node in modules()[module].body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        if re.search("AESGCM|Keyring", ast.unparse(node.returns) if node.returns else "")
    }

    assert wrong == set()
