"""The room can be imported by a command that only prints its help."""

import subprocess
import sys


def test_importing_the_room_loads_no_heavy_library():
    program = (
        "import sys\n"
        "from reportgen.pictures import channels, charts, colormaps, encode, overlays, tiles\n"
        "from reportgen.pictures.charts import svg\n"
        "print(sorted({'cv2', 'keras', 'matplotlib', 'tensorflow'} & sys.modules.keys()))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"
