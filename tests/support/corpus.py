"""What the corpus of real models holds."""

from dataclasses import dataclass

CIFAR10_MODEL = """
import keras

class CIFAR10Model(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.conv1 = keras.layers.Conv2D(32, 3, activation="relu")
        self.conv2 = keras.layers.Conv2D(64, 3, activation="relu")
        self.pool = keras.layers.MaxPooling2D()
        self.flatten = keras.layers.Flatten()
        self.dense1 = keras.layers.Dense(128, activation="relu")
        self.output_dense = keras.layers.Dense(10)

    def call(self, x):
        x = self.pool(self.conv1(x))
        x = self.pool(self.conv2(x))
        return self.output_dense(self.dense1(self.flatten(x)))
"""


@dataclass(frozen=True)
class Expected:
    """What a model needs, and what comes out: the shapes of its outputs, or the sentence.

    `cut` is the layer at the end of the network that cannot be opened, `kind` the meaning of the
    output that is explained.
    """

    shapes: list[tuple[int | None, ...]] | None = None
    sentence: str = ""
    model: str = ""
    replace: tuple[str, ...] = ()
    code: str = ""
    note: str = ""
    cut: str = ""
    kind: str = "classes"


MODELS = {
    "age_gender_multioutput.h5": Expected([(None, 2), (None, 7)], note="counted from 1"),
    "autoencoder_compress.keras": Expected([(None, 32, 32, 3)], kind="map"),
    "captcha_ocr_ctc.h5": Expected(
        [(None, 50, 20)],
        note="time_major",
        cut="“ctc_loss” (CTCLayer)",
        kind="sequence",
    ),
    "carnd_1560800.h5": Expected([(None, 1)], replace=("lambda_1=x/127.5-1",), kind="values"),
    "carnd_jeremyshannon_keras1.h5": Expected(
        [(None, 1)], replace=("lambda_1=x/127.5-1",), note="names of Keras 1", kind="values"
    ),
    "cats_dogs_bwd.h5": Expected([(None, 1)], note="bare list"),
    "cats_dogs_seagap.h5": Expected([(None, 2)], note="stood on the first layer"),
    "cats_vs_dogs_jeanxl.h5": Expected([(None, 2)]),
    "cifar10_subclass.keras": Expected([(None, 10)], code=CIFAR10_MODEL, kind="values"),
    "densenet_cifar10.hdf5": Expected([(None, 10)]),
    "eye_state_h5_named_keras.keras": Expected([(None, 1)]),
    "fer_mini_xception.hdf5": Expected([(None, 7)]),
    "gender_gendersort.hdf5": Expected([(None, 1)], note="carried a dtype"),
    "mnist_moonflower.keras": Expected([(None, 10)]),
    "potatoes_akash.h5": Expected([(None, 3)]),
    "potatoes_jeevan.keras": Expected([(32, 3)]),
    "savedmodel_potatoes_akash": Expected([(None, 3)]),
    "savedmodel_potatoes_jeevan_k3export": Expected(sentence="an export of Keras 3"),
    "ship_unet.h5": Expected([(None, 64, 64, 1)], note="groups=1", kind="map"),
    "siamese_imagesim.h5": Expected(sentence="“res_net” is of the class “ResNet”"),
    "teachable_machine_aknight.h5": Expected([(None, 2)], note="groups=1"),
    "tensorspace_mnist_keras.h5": Expected([(None, 10)], note="bare list"),
    "traffic_classifier_gtsrb.h5": Expected([(None, 43)]),
    "vgg16_edges.weights.h5": Expected(
        [(None, 7, 7, 512)], model="vgg16", note="without its top", kind="map"
    ),
    "w_squeezenet_notop.h5": Expected(sentence="holds weights, but no network"),
}
