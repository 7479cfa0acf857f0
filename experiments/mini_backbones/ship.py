"""Copy a pretraining run's model/, in float16, to src/tunesmith/backbones/weights/<family>/.

python experiments/mini_backbones/ship.py bert runs/mini_backbones/bert/ID
"""

import shutil
import sys
from pathlib import Path

from safetensors.torch import load_file, save_file

from tunesmith.backbones.shipped import WEIGHTS

TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")


def main(family: str, run: Path) -> None:
    target = WEIGHTS / family
    target.mkdir(parents=True, exist_ok=True)
    weights = load_file(run / "model/model.safetensors")
    save_file({name: value.half() for name, value in weights.items()}, target / "model.safetensors", {"format": "pt"})
    for name in ("config.json", *TOKENIZER):
        if (run / "model" / name).is_file():
            shutil.copy(run / "model" / name, target / name)
    print(target, sum(file.stat().st_size for file in target.iterdir()))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
