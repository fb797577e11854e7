# Configuration of the lit tests; lit.site.cfg.py sets the folders.

import os

import lit.formats

config.name = "plmr"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "unit"]
config.test_source_root = os.path.dirname(__file__)

# `python3` is the interpreter that CMake found.
config.environment["PATH"] = os.pathsep.join(
    [
        config.plmr_tools_dir,
        config.llvm_tools_dir,
        os.path.dirname(config.python),
        os.environ["PATH"],
    ]
)
# With a sanitizer: our code and LLVM's libraries, which are built without it,
# share allocators, so that only one side would poison memory.
config.environment["ASAN_OPTIONS"] = "allow_user_poisoning=0"
config.environment["FILECHECK_OPTS"] = "--enable-var-scope --dump-input=fail"
config.substitutions.append(("%plmr_src_root", config.plmr_source_dir))
